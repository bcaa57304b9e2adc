using BenchmarkDotNet.Attributes;
using Segvault.Chunks;
using Segvault.Repositories;
using Segvault.Storage;

namespace Segvault.Benchmarks;

/// <summary>Putting chunks into a pack that goes nowhere: checksum, table and trailer.</summary>
[MemoryDiagnoser]
public class PackWriterBenchmarks
{
    private readonly NoStore _store = new();
    private readonly byte[] _chunk = Samples.Store[..(1024 * 1024)];

    [Benchmark]
    public async Task<long> ThirtyTwoChunksOfOneMebibyte()
    {
        await using var pack = await PackWriter.CreateAsync(_store, ObjectId.NewRandom(), CancellationToken.None);
        for (var i = 0; i < 32; i++)
            await pack.AppendAsync(ChunkEncoding.Raw, _chunk, _chunk.Length, 0, CancellationToken.None);
        return (await pack.CompleteAsync(CancellationToken.None)).Length;
    }

    private sealed class NoStore : ObjectStore
    {
        public override string Location => "nowhere";

        public override ValueTask<ObjectUpload> CreateAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult<ObjectUpload>(new NoUpload());

        public override ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult<byte[]?>(null);

        public override ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => ValueTask.FromResult(-1);

        public override ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult<long?>(null);

        public override IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken cancellationToken) => AsyncEnumerable.Empty<StoredObject>();

        public override ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult(false);

        public override ValueTask BarrierAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }

    private sealed class NoUpload : ObjectUpload
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken) => ValueTask.FromResult(true);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
