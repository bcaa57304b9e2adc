using System.Buffers;
using System.Buffers.Binary;

namespace Segvault.Chunks.DocStore;

/// <summary>
/// Chunks of LZ4 blocks stored as <see cref="BlockStreams"/>, each in a zstd frame of its own. All numbers are little-endian.
/// <code>
/// 8 bytes a stream:  0 4 its length  4 4 its stored length; when they are equal it is stored as it is
/// then the streams, in the same order
/// </code>
/// </summary>
internal static class SeparatedBlocks
{
    /// <summary>Up to it nothing is looked for where next to nothing is found.</summary>
    private const int LevelOfHaste = 1;

    private const int HeaderLength = BlockStreams.Count * 2 * sizeof(int);

    /// <summary>Returns the length; -1 when the chunk is not made of blocks, or when it does not fit.</summary>
    public static int Encode(ReadOnlySpan<byte> chunk, ZstdFrames zstd, int level, Span<byte> stored)
    {
        if (stored.Length < HeaderLength + chunk.Length)
            return -1;
        Span<int> lengths = stackalloc int[BlockStreams.Count];
        var streams = ArrayPool<byte>.Shared.Rent(BlockStreams.GetRoom(chunk.Length));
        try
        {
            return BlockStreams.TrySplit(chunk, streams, lengths) ? WriteStreams(streams, chunk.Length, lengths, zstd, level, stored) : -1;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(streams);
        }
    }

    /// <exception cref="ChunkCodecException">It does not become a chunk of that length.</exception>
    public static void Decode(ReadOnlySpan<byte> stored, ZstdFrames zstd, Span<byte> chunk)
    {
        Span<int> lengths = stackalloc int[BlockStreams.Count];
        var streams = ArrayPool<byte>.Shared.Rent(chunk.Length);
        try
        {
            ReadStreams(stored, zstd, streams.AsSpan(0, chunk.Length), lengths);
            if (!BlockStreams.TryJoin(streams.AsSpan(0, chunk.Length), lengths, chunk))
                throw new ChunkCodecException("The parts of a chunk of blocks do not fit together.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(streams);
        }
    }

    private static int WriteStreams(ReadOnlySpan<byte> streams, int chunkLength, ReadOnlySpan<int> lengths, ZstdFrames zstd, int level, Span<byte> stored)
    {
        var header = stored;
        var end = HeaderLength;
        for (var i = 0; i < BlockStreams.Count; i++)
        {
            var stream = streams[..lengths[i]];
            streams = streams[BlockStreams.GetRoom(i, chunkLength)..];
            var compressed = zstd.Compress(stream, i == BlockStreams.Literals || level > LevelOfHaste ? level : ZstdFrames.EntropyOnly, stored[end..]);
            if (compressed < 0 || compressed >= stream.Length)
            {
                stream.CopyTo(stored[end..]);
                compressed = stream.Length;
            }

            BinaryPrimitives.WriteInt32LittleEndian(header, stream.Length);
            BinaryPrimitives.WriteInt32LittleEndian(header[sizeof(int)..], compressed);
            header = header[(2 * sizeof(int))..];
            end += compressed;
        }

        return end;
    }

    private static void ReadStreams(ReadOnlySpan<byte> stored, ZstdFrames zstd, Span<byte> streams, Span<int> lengths)
    {
        if (stored.Length < HeaderLength)
            throw new ChunkCodecException("A chunk of blocks in parts is cut short.");
        var header = stored;
        stored = stored[HeaderLength..];
        for (var i = 0; i < BlockStreams.Count; i++)
        {
            var length = lengths[i] = BinaryPrimitives.ReadInt32LittleEndian(header);
            var storedLength = BinaryPrimitives.ReadInt32LittleEndian(header[sizeof(int)..]);
            if (length < 0 || length > streams.Length || storedLength < 0 || storedLength > stored.Length)
                throw new ChunkCodecException("A chunk of blocks has a part that is longer than it.");
            if (storedLength == length)
                stored[..length].CopyTo(streams);
            else
                zstd.Decompress(stored[..storedLength], streams[..length]);
            header = header[(2 * sizeof(int))..];
            streams = streams[length..];
            stored = stored[storedLength..];
        }

        if (!streams.IsEmpty || !stored.IsEmpty)
            throw new ChunkCodecException("The parts of a chunk of blocks are not as long as it.");
    }
}
