using BenchmarkDotNet.Attributes;
using Segvault.Chunks;
using Segvault.Chunks.DocStore;

namespace Segvault.Benchmarks;

/// <summary>Cutting 4 MiB into chunks, as bytes come by.</summary>
public class ChunkerBenchmarks
{
    private readonly byte[] _bytes = Samples.Store;

    [Benchmark(Baseline = true)]
    public int Fixed() => Cut(new FixedCutter());

    [Benchmark]
    public int BetweenBlocks() => Cut(new BlockCutter());

    private int Cut(ChunkCutter cutter)
    {
        using var buffer = new ChunkBuffer(cutter);
        var chunks = 0;
        for (ReadOnlySpan<byte> rest = _bytes; !rest.IsEmpty;)
        {
            rest = rest[buffer.Add(rest)..];
            while (buffer.TryTake(rest.IsEmpty, out var chunk, out _))
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(chunk);
                chunks++;
            }
        }

        return chunks;
    }
}
