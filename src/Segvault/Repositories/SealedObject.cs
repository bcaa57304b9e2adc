using System.Buffers.Binary;
using System.Security.Cryptography;
using ZstdSharp;

namespace Segvault.Repositories;

/// <summary>
/// The form of small objects (manifests, log entries): header, how the body is encoded, the body, and a SHA-256 of all before it.
/// <code>
///  0 80  header
/// 80  1  encoding (0 raw, 1 zstd)    81  7  zero    88  8  length of the decoded body (little-endian)
/// 96  …  body                        last 32  SHA-256 of everything before
/// </code>
/// </summary>
internal static class SealedObject
{
    private const int BodyOffset = ObjectHeader.Length + 16;

    // A manifest describes a file in well under a kilobyte: this is room for hundreds of thousands, and a bound on what a damaged length can ask for.
    private const long LargestBody = 512L * 1024 * 1024;

    // A longer body gets memory as it decodes, not because a few bytes say that it will.
    private const long LongestBelieved = 1024 * 1024;

    public static byte[] Seal(ObjectKind kind, ObjectId repository, ObjectName name, ReadOnlySpan<byte> body)
    {
        var encoded = body;
        byte encoding = 0;
        if (body.Length > 512)
        {
            using var compressor = new Compressor(3);
            var compressed = compressor.Wrap(body);
            if (compressed.Length < body.Length)
            {
                encoded = compressed;
                encoding = 1;
            }
        }

        var sealedBytes = new byte[BodyOffset + encoded.Length + SHA256.HashSizeInBytes];
        var span = sealedBytes.AsSpan();
        ObjectHeader.Write(span, kind, repository, name);
        span[80] = encoding;
        BinaryPrimitives.WriteInt64LittleEndian(span[88..], body.Length);
        encoded.CopyTo(span[BodyOffset..]);
        SHA256.HashData(span[..^SHA256.HashSizeInBytes], span[^SHA256.HashSizeInBytes..]);
        return Open(sealedBytes, kind, repository, name, out var problem) is { } opened && opened.AsSpan().SequenceEqual(body)
            ? sealedBytes
            : throw new Chunks.ChunkCodecException($"A sealed object did not open again ({problem}). The computer's memory may be faulty.");
    }

    /// <summary>Returns the body; null when the object is damaged, and then what is wrong with it.</summary>
    /// <exception cref="UnsupportedFormatException">The object is intact and a newer version wrote it: mark and seal stay where they are in every format.</exception>
    public static byte[]? Open(ReadOnlySpan<byte> bytes, ObjectKind kind, ObjectId repository, ObjectName name, out string? problem)
    {
        if (bytes.Length < BodyOffset + SHA256.HashSizeInBytes)
        {
            problem = "is cut short";
            return null;
        }

        Span<byte> checksum = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..^SHA256.HashSizeInBytes], checksum);
        if (!checksum.SequenceEqual(bytes[^SHA256.HashSizeInBytes..]))
        {
            problem = "does not match its checksum: it was changed or cut short";
            return null;
        }

        if (bytes.StartsWith(ObjectHeader.Magic))
            ObjectHeader.EnsureKnown(bytes, name);
        problem = ObjectHeader.Check(bytes, kind, repository, name);
        return problem is not null ? null : Decode(bytes[80], BinaryPrimitives.ReadInt64LittleEndian(bytes[88..]), bytes[BodyOffset..^SHA256.HashSizeInBytes], out problem);
    }

    private static byte[]? Decode(byte encoding, long length, ReadOnlySpan<byte> encoded, out string? problem)
    {
        problem = null;
        if (encoding == 0 && length == encoded.Length)
            return encoded.ToArray();
        if (encoding == 1 && length is > 0 and <= LargestBody)
        {
            try
            {
                var body = length <= LongestBelieved ? DecodeAtOnce(encoded, (int)length) : DecodeGrowing(encoded, length);
                if (body.Length == length)
                    return body;
            }
            catch (Exception exception) when (exception is ZstdException or EndOfStreamException)
            {
                // Told below, as any other body that does not decode.
            }
        }

        problem = $"has a body that does not decode (encoding {encoding}, {length} bytes)";
        return null;
    }

    private static byte[] DecodeAtOnce(ReadOnlySpan<byte> encoded, int length)
    {
        var body = new byte[length];
        using var decompressor = new Decompressor();
        return body[..decompressor.Unwrap(encoded, body)];
    }

    private static byte[] DecodeGrowing(ReadOnlySpan<byte> encoded, long length)
    {
        using var stream = new DecompressionStream(new MemoryStream(encoded.ToArray()), leaveOpen: false);
        using var body = new MemoryStream();
        var part = new byte[128 * 1024];
        while (body.Length <= length && stream.Read(part) is > 0 and var read)
            body.Write(part.AsSpan(0, read));
        return body.ToArray();
    }
}
