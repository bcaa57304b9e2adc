using System.Collections.Concurrent;
using System.IO.Hashing;
using ZstdSharp;

namespace Segvault.Chunks;

/// <summary>
/// Turns a chunk's content into the bytes that are stored, and back. What is encoded is decoded again and compared before it is returned:
/// a defect of a compressor or of memory is found while the source is still at hand.
/// </summary>
internal sealed class ChunkCodec : IDisposable
{
    private const int Level = 1;

    private readonly ConcurrentBag<Compressor> _compressors = [];
    private readonly ConcurrentBag<Decompressor> _decompressors = [];

    /// <summary>The largest buffer that <see cref="Encode"/> can need for a chunk of a length.</summary>
    public static int GetBound(int plainLength) => Math.Max(plainLength, Compressor.GetCompressBound(plainLength));

    /// <summary>The cheap checksum of a fixed-cut chunk's content.</summary>
    public static ulong Checksum(ReadOnlySpan<byte> plain) => XxHash3.HashToUInt64(plain);

    /// <summary>
    /// Encodes a chunk into <paramref name="stored"/>. <paramref name="scratch"/> is as long as the chunk and is overwritten by the comparison.
    /// </summary>
    public int Encode(ReadOnlySpan<byte> plain, Span<byte> stored, Span<byte> scratch, out ChunkEncoding encoding)
    {
        var length = Compress(plain, stored);

        // Less than two per cent gained is not worth the decompression at every restore.
        if (length < plain.Length - (plain.Length / 50))
        {
            encoding = ChunkEncoding.Zstd;
            Decode(encoding, stored[..length], scratch[..plain.Length]);
            if (!scratch[..plain.Length].SequenceEqual(plain))
                throw new ChunkCodecException("A compressed chunk did not decompress to what it was made from. The computer's memory may be faulty.");
            return length;
        }

        encoding = ChunkEncoding.Raw;
        plain.CopyTo(stored);
        return plain.Length;
    }

    /// <summary>Decodes a chunk into a buffer of exactly its length.</summary>
    /// <exception cref="ChunkCodecException">The stored bytes do not decode to that length.</exception>
    public void Decode(ChunkEncoding encoding, ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        switch (encoding)
        {
            case ChunkEncoding.Raw when stored.Length == plain.Length:
                stored.CopyTo(plain);
                break;
            case ChunkEncoding.Raw:
                throw new ChunkCodecException($"A raw chunk has {stored.Length} bytes instead of {plain.Length}.");
            case ChunkEncoding.Zstd:
                Decompress(stored, plain);
                break;
            default:
                throw new ChunkCodecException($"Chunk encoding {(byte)encoding} is not known to this version.");
        }
    }

    public void Dispose()
    {
        foreach (var compressor in _compressors)
            compressor.Dispose();
        foreach (var decompressor in _decompressors)
            decompressor.Dispose();
    }

    private int Compress(ReadOnlySpan<byte> plain, Span<byte> stored)
    {
        if (plain.IsEmpty)
            return 0;
        if (!_compressors.TryTake(out var compressor))
            compressor = new Compressor(Level);
        var length = compressor.Wrap(plain, stored);
        _compressors.Add(compressor);
        return length;
    }

    private void Decompress(ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        if (!_decompressors.TryTake(out var decompressor))
            decompressor = new Decompressor();
        try
        {
            var length = decompressor.Unwrap(stored, plain);
            if (length != plain.Length)
                throw new ChunkCodecException($"A chunk decompressed to {length} bytes instead of {plain.Length}.");
        }
        catch (ZstdException exception)
        {
            throw new ChunkCodecException("A chunk does not decompress.", exception);
        }
        finally
        {
            _decompressors.Add(decompressor);
        }
    }
}

/// <summary>A chunk's bytes do not encode or decode as they must.</summary>
internal sealed class ChunkCodecException(string message, Exception? innerException = null) : Exception(message, innerException);
