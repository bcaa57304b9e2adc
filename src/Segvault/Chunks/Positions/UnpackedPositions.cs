using System.Buffers;
using System.Buffers.Binary;

namespace Segvault.Chunks.Positions;

/// <summary>
/// Chunks of position lists stored as <see cref="PositionStreams"/>: the length of each stream in 4 bytes, little-endian, and one zstd frame of all of them,
/// one behind the other.
/// </summary>
internal static class UnpackedPositions
{
    private const int HeaderLength = PositionStreams.Count * sizeof(int);

    /// <summary>
    /// The streams have at most so many times a chunk's bytes: only numbers of one bit take more, and few positions are that small. A reader believes no
    /// more.
    /// </summary>
    private const int LargestGrowth = 4;

    private const int LargestLength = 8 * 1024 * 1024;

    /// <summary>Returns the length; -1 when too little of the chunk is in blocks, or when it does not fit.</summary>
    public static int Encode(ReadOnlySpan<byte> chunk, PackedRuns runs, ZstdFrames zstd, int level, Span<byte> stored)
    {
        var bound = PositionStreams.GetBound(chunk, runs);
        if (!Pays(chunk, runs) || bound > GetLargestLength(chunk) || stored.Length < HeaderLength)
            return -1;
        Span<int> lengths = stackalloc int[PositionStreams.Count];
        var streams = ArrayPool<byte>.Shared.Rent((int)bound + PositionStreams.Slack);
        try
        {
            PositionStreams.Split(chunk, runs, streams, lengths);
            var total = 0;
            for (var i = 0; i < lengths.Length; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(stored[(sizeof(int) * i)..], lengths[i]);
                total += lengths[i];
            }

            var length = zstd.Compress(streams.AsSpan(0, total), level, stored[HeaderLength..]);
            return length < 0 ? -1 : HeaderLength + length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(streams);
        }
    }

    /// <exception cref="ChunkCodecException">It does not become a chunk of that length.</exception>
    public static void Decode(ReadOnlySpan<byte> stored, ZstdFrames zstd, Span<byte> chunk)
    {
        if (stored.Length < HeaderLength)
            throw new ChunkCodecException("A chunk of positions is cut short.");
        Span<int> lengths = stackalloc int[PositionStreams.Count];
        var total = 0L;
        for (var i = 0; i < lengths.Length; i++)
        {
            lengths[i] = BinaryPrimitives.ReadInt32LittleEndian(stored[(sizeof(int) * i)..]);
            total += lengths[i];
            if (lengths[i] < 0 || total > GetLargestLength(chunk))
                throw new ChunkCodecException("A chunk of positions has parts that are longer than they can be.");
        }

        var streams = ArrayPool<byte>.Shared.Rent((int)total + PositionStreams.Slack);
        try
        {
            zstd.Decompress(stored[HeaderLength..], streams.AsSpan(0, (int)total));
            if (!PositionStreams.TryJoin(streams, lengths, chunk))
                throw new ChunkCodecException("The parts of a chunk of positions do not fit together.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(streams);
        }
    }

    /// <summary>
    /// Unpacked blocks compress better, and what lies between them worse, as zstd then has less to look back on. Where blocks are more than half of a chunk
    /// that was a gain in all indexes that were looked at, so both need not be compressed to find out.
    /// </summary>
    private static bool Pays(ReadOnlySpan<byte> chunk, PackedRuns runs) => runs.Length > chunk.Length / 2;

    private static long GetLargestLength(ReadOnlySpan<byte> chunk) => Math.Min((long)chunk.Length * LargestGrowth, LargestLength);
}
