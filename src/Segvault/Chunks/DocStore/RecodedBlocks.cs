using System.Buffers;

namespace Segvault.Chunks.DocStore;

/// <summary>Chunks of LZ4 blocks stored as one zstd frame of the blocks' content. The blocks are compressed again when they are read.</summary>
internal static class RecodedBlocks
{
    /// <summary>Returns the length; -1 when the chunk is not made of blocks, or when it does not fit. Whether it comes back is not known yet.</summary>
    public static int Encode(ReadOnlySpan<byte> chunk, ZstdFrames zstd, int level, Span<byte> stored)
    {
        if (BlockContent.Unpack(chunk, out var length) is not { } content)
            return -1;
        try
        {
            return zstd.Compress(content.AsSpan(0, length), level, stored);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }

    /// <exception cref="ChunkCodecException">It does not become a chunk of that length.</exception>
    public static void Decode(ReadOnlySpan<byte> stored, ZstdFrames zstd, Span<byte> chunk)
    {
        var length = ZstdFrames.GetContentLength(stored, BlockContent.LargestLength);
        if (length < 0)
            throw new ChunkCodecException("A chunk of recoded blocks does not say what it holds, or too much.");
        var content = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            zstd.Decompress(stored, content.AsSpan(0, length));
            if (!BlockContent.TryPack(content.AsSpan(0, length), chunk))
                throw new ChunkCodecException("The blocks of a chunk did not become what they were.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }
}
