using System.Buffers;
using System.IO.Hashing;
using Segvault.Chunks.DocStore;
using ZstdSharp;

namespace Segvault.Chunks;

/// <summary>
/// Turns a chunk's content into the bytes that are stored, and back. What is encoded is decoded again and compared before it is returned:
/// a defect of a compressor or of memory is found while the source is still at hand.
/// </summary>
internal sealed class ChunkCodec(ChunkCompression compression) : IDisposable
{
    private readonly ZstdFrames _zstd = new();

    public ChunkCodec()
        : this(ChunkCompression.Auto)
    {
    }

    /// <summary>The largest buffer that <see cref="Encode"/> can need for a chunk of a length.</summary>
    public static int GetBound(int plainLength) => Math.Max(plainLength, Compressor.GetCompressBound(plainLength));

    /// <summary>The cheap checksum of a chunk's content.</summary>
    public static ulong Checksum(ReadOnlySpan<byte> plain) => XxHash3.HashToUInt64(plain);

    /// <summary>True when this version can decode it.</summary>
    public static bool Knows(ChunkEncoding encoding) => encoding <= ChunkEncoding.Lz4Blocks;

    /// <summary>
    /// Encodes a chunk into <paramref name="stored"/>. <paramref name="scratch"/> is as long as the chunk and is overwritten by the comparison.
    /// </summary>
    public int Encode(ReadOnlySpan<byte> plain, Span<byte> stored, Span<byte> scratch, out ChunkEncoding encoding, bool mayBeBlocks = false)
    {
        if (mayBeBlocks && compression.RecodingLevel is { } level && TryRecode(plain, level, stored, scratch, out var recoded))
        {
            encoding = ChunkEncoding.Lz4Blocks;
            return recoded;
        }

        var length = _zstd.Compress(plain, compression.Level, stored);
        if (Pays(length, plain.Length))
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
                _zstd.Decompress(stored, plain);
                break;
            case ChunkEncoding.Lz4Blocks:
                DecodeBlocks(stored, plain);
                break;
            default:
                throw new ChunkCodecException($"Chunk encoding {(byte)encoding} is not known to this version.");
        }
    }

    public void Dispose() => _zstd.Dispose();

    /// <summary>Less than two per cent gained is not worth the decompression at every restore.</summary>
    private static bool Pays(int length, int plainLength) => length >= 0 && length < plainLength - (plainLength / 50);

    /// <summary>False when the chunk is not made of blocks, or other ones would come out: a compressor may choose otherwise than the one known here.</summary>
    private bool TryRecode(ReadOnlySpan<byte> plain, int level, Span<byte> stored, Span<byte> scratch, out int length)
    {
        length = 0;
        if (BlockContent.Unpack(plain, out var contentLength) is not { } content)
            return false;
        try
        {
            length = _zstd.Compress(content.AsSpan(0, contentLength), level, stored);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }

        if (!Pays(length, plain.Length))
            return false;
        try
        {
            Decode(ChunkEncoding.Lz4Blocks, stored[..length], scratch[..plain.Length]);
        }
        catch (ChunkCodecException)
        {
            return false;
        }

        return scratch[..plain.Length].SequenceEqual(plain);
    }

    private void DecodeBlocks(ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        var length = ZstdFrames.GetContentLength(stored, BlockContent.LargestLength);
        if (length < 0)
            throw new ChunkCodecException("A chunk of recoded blocks does not say what it holds, or too much.");
        var content = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _zstd.Decompress(stored, content.AsSpan(0, length));
            if (!BlockContent.TryPack(content.AsSpan(0, length), plain))
                throw new ChunkCodecException("The blocks of a chunk did not become what they were.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }
}

/// <summary>A chunk's bytes do not encode or decode as they must.</summary>
internal sealed class ChunkCodecException(string message, Exception? innerException = null) : Exception(message, innerException);
