using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Segvault.Archives.Compression;

/// <summary>
/// Blocks as gzip members (RFC 1952), which every tool reads one after another as one file. The extra field, subfield "SV", holds the length of the
/// member (4 bytes) or, in the empty member at the end, the length of the file (8 bytes).
/// </summary>
internal sealed class GzipBlocks(int level) : BlockFormat
{
    private const int TrailerLength = 8;
    private const int SubfieldOffset = 16;

    /// <summary>Deflate, an extra field, no time, no system; XLEN; the subfield with its length.</summary>
    private static ReadOnlySpan<byte> BlockPrefix => [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, (byte)'S', (byte)'V', 4, 0];

    private static ReadOnlySpan<byte> EndPrefix => [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 12, 0, (byte)'S', (byte)'V', 8, 0];

    /// <summary>No bytes, compressed: their deflate, CRC-32 and length.</summary>
    private static ReadOnlySpan<byte> Empty => [3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Whether a file that begins so is Segvault's.</summary>
    public static bool IsStart(ReadOnlySpan<byte> start) => start.StartsWith(BlockPrefix[..start.Length]) || start.StartsWith(EndPrefix[..start.Length]);

    public override string BlockName => "gzip member";

    public override int PlainLength => 1024 * 1024;

    public override ReadOnlyMemory<byte> Opening => ReadOnlyMemory<byte>.Empty;

    public override int HeaderLength => SubfieldOffset + sizeof(uint);

    public override int EndMarkLength => SubfieldOffset + sizeof(ulong) + Empty.Length;

    public override int GetBound(int plainLength) => HeaderLength + DeflateBound(plainLength) + TrailerLength;

    public override int Encode(ReadOnlySpan<byte> plain, Memory<byte> stored)
    {
        var room = stored.Slice(HeaderLength, DeflateBound(plain.Length));

        // What does not shrink is stored: a fast level can make it longer than that.
        if (!TryDeflate(plain, room, level, out var length) || length > plain.Length)
        {
            if (!TryDeflate(plain, room, level: 0, out length))
                throw new InvalidOperationException($"Storing {plain.Length} bytes took more than {room.Length}.");
        }

        var total = HeaderLength + length + TrailerLength;
        var member = stored.Span[..total];
        BlockPrefix.CopyTo(member);
        BinaryPrimitives.WriteUInt32LittleEndian(member[SubfieldOffset..], (uint)total);
        BinaryPrimitives.WriteUInt32LittleEndian(member[^8..], Crc32.HashToUInt32(plain));
        BinaryPrimitives.WriteUInt32LittleEndian(member[^4..], (uint)plain.Length);
        return total;
    }

    public override void Decode(ReadOnlyMemory<byte> stored, Span<byte> plain)
    {
        using var data = new DeflatedBytes(stored[HeaderLength..^TrailerLength]);
        using var inflater = new DeflateStream(data, CompressionMode.Decompress);
        int length;
        bool more;
        try
        {
            length = inflater.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false);
            more = inflater.ReadByte() >= 0;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            throw new ArchiveFormatException("has a gzip member that does not decompress", exception);
        }

        if (length != plain.Length || more)
            throw new ArchiveFormatException("has a gzip member that does not decompress to the length it records");
        if (!data.EndedExactly)
            throw new ArchiveFormatException("has a gzip member that does not end where it says");
        if (Crc32.HashToUInt32(plain) != BinaryPrimitives.ReadUInt32LittleEndian(stored.Span[^TrailerLength..]))
            throw new ArchiveFormatException("has a gzip member that does not match its CRC-32");
    }

    public override int? ReadHeader(ReadOnlySpan<byte> header)
    {
        if (!header.StartsWith(BlockPrefix))
            return null;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header[SubfieldOffset..]);
        return length > HeaderLength + TrailerLength && length <= LongestStored
            ? (int)length
            : throw new ArchiveFormatException($"has a gzip member that claims a length of {length} bytes");
    }

    public override uint ReadPlainLength(ReadOnlySpan<byte> stored) => BinaryPrimitives.ReadUInt32LittleEndian(stored[^4..]);

    public override bool IsEndMark(ReadOnlySpan<byte> header) => header.StartsWith(EndPrefix);

    public override byte[] MakeEndMark(long fileLength)
    {
        var mark = new byte[EndMarkLength];
        EndPrefix.CopyTo(mark);
        BinaryPrimitives.WriteInt64LittleEndian(mark.AsSpan(SubfieldOffset), fileLength);
        Empty.CopyTo(mark.AsSpan(SubfieldOffset + sizeof(ulong)));
        return mark;
    }

    public override void Dispose()
    {
    }

    private static int DeflateBound(int plainLength) => plainLength + (plainLength / 256) + 64;

    private static bool TryDeflate(ReadOnlySpan<byte> plain, Memory<byte> output, int level, out int length)
    {
        using var destination = new BoundedOutput(output);
        using (var deflater = new DeflateStream(destination, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true))
            deflater.Write(plain);
        length = destination.Written;
        return !destination.Overflowed;
    }
}
