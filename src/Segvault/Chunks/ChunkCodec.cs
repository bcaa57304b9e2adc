using System.IO.Hashing;
using Segvault.Chunks.DocStore;
using Segvault.Chunks.Positions;
using Segvault.Engines;
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
    public static bool Knows(ChunkEncoding encoding) => encoding <= ChunkEncoding.UnpackedPositions;

    /// <summary>Whether packed positions are unpacked in files of a layout.</summary>
    public bool UnpacksPositions(ContentLayout layout) => layout == ContentLayout.PackedPositions && compression.UnpacksPositions;

    /// <summary>
    /// Encodes a chunk into <paramref name="stored"/>. <paramref name="scratch"/> is as long as the chunk and is overwritten by the comparison.
    /// <paramref name="layout"/> says what is worth trying; <paramref name="runs"/> are the chunk's packed blocks, if who cut it knows more of them.
    /// </summary>
    public int Encode(
        ReadOnlySpan<byte> plain, Span<byte> stored, Span<byte> scratch, out ChunkEncoding encoding, ContentLayout layout = ContentLayout.Opaque, PackedRuns? runs = null)
    {
        scratch = scratch[..plain.Length];
        int length;

        // What only this program encodes like that is left where it does not come back, whatever the reason. Then there is still zstd alone.
        if (layout == ContentLayout.Lz4Blocks && compression.RecodesBlocks
            && IsGood(encoding = ChunkEncoding.Lz4Blocks, length = RecodedBlocks.Encode(plain, _zstd, compression.Level, stored), stored, scratch, plain))
            return length;
        if (layout == ContentLayout.Lz4Blocks && compression.SeparatesBlocks
            && IsGood(encoding = ChunkEncoding.Lz4Streams, length = SeparatedBlocks.Encode(plain, _zstd, compression.Level, stored), stored, scratch, plain))
            return length;
        if (UnpacksPositions(layout)
            && IsGood(encoding = ChunkEncoding.UnpackedPositions, length = UnpackedPositions.Encode(plain, runs ?? PackedRuns.Find(plain), _zstd, compression.Level, stored), stored, scratch, plain))
            return length;
        length = _zstd.Compress(plain, compression.Level, stored);
        if (Pays(length, plain.Length))
        {
            Decode(encoding = ChunkEncoding.Zstd, stored[..length], scratch);
            return scratch.SequenceEqual(plain)
                ? length
                : throw new ChunkCodecException("A compressed chunk did not decompress to what it was made from. The computer's memory may be faulty.");
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
                RecodedBlocks.Decode(stored, _zstd, plain);
                break;
            case ChunkEncoding.Lz4Streams:
                SeparatedBlocks.Decode(stored, _zstd, plain);
                break;
            case ChunkEncoding.UnpackedPositions:
                UnpackedPositions.Decode(stored, _zstd, plain);
                break;
            default:
                throw new ChunkCodecException($"Chunk encoding {(byte)encoding} is not known to this version.");
        }
    }

    public void Dispose() => _zstd.Dispose();

    /// <summary>Less than two per cent gained is not worth the decompression at every restore.</summary>
    private static bool Pays(int length, int plainLength) => length >= 0 && length < plainLength - (plainLength / 50);

    /// <summary>True when an encoding pays and decodes to exactly the chunk. Of blocks that another compressor made, other ones may come out.</summary>
    private bool IsGood(ChunkEncoding encoding, int length, ReadOnlySpan<byte> stored, Span<byte> scratch, ReadOnlySpan<byte> plain)
    {
        if (!Pays(length, plain.Length))
            return false;
        try
        {
            Decode(encoding, stored[..length], scratch);
        }
        catch (ChunkCodecException)
        {
            return false;
        }

        return scratch.SequenceEqual(plain);
    }
}

/// <summary>A chunk's bytes do not encode or decode as they must.</summary>
internal sealed class ChunkCodecException(string message, Exception? innerException = null) : Exception(message, innerException);
