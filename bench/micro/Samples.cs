using Segvault.Chunks.DocStore;
using Segvault.Testing;

namespace Segvault.Benchmarks;

/// <summary>What is measured on: document stores as Tantivy wrote them, and blocks of text that repeats about as prose does.</summary>
internal static class Samples
{
    public const int Length = 4 * 1024 * 1024;

    /// <summary>Whole LZ4 blocks, about <see cref="Length"/> bytes of them.</summary>
    public static byte[] Store { get; } = [.. DocStore.MakeBlocks(new Random(1), 900).SelectMany(block => block).Take(Length)];

    /// <summary>The chunks of whole blocks that they are cut into.</summary>
    public static byte[][] Chunks { get; } = [.. Cut(Store)];

    private static IEnumerable<byte[]> Cut(byte[] store)
    {
        var cutter = new BlockCutter();
        for (var start = 0; start < store.Length;)
        {
            var length = cutter.FindEnd(store.AsSpan(start), isEnd: true);
            if (BlockStreams.TrySplit(store.AsSpan(start, length), new byte[BlockStreams.GetRoom(length)], new int[BlockStreams.Count]))
                yield return store[start..(start + length)];
            start += length;
        }
    }
}
