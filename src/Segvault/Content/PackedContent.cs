using System.Collections.Concurrent;
using Segvault.Chunks;
using Segvault.Repositories;

namespace Segvault.Content;

/// <summary>The files of one backup in a repository, read out of its packs.</summary>
internal sealed class PackedContent(RepositoryObjects repository, BackupManifest manifest) : ContentSource
{
    // Each file's chunks are decoded on all cores; of several files one is hashed and written while another is flushed.
    private static readonly int Parallelism = Math.Clamp(Environment.ProcessorCount, 2, 4);

    private readonly ChunkCodec _codec = new();
    private readonly ConcurrentDictionary<int, Lazy<Task<PackReader>>> _packs = new();
    private long _bytesFetched;

    public override long BytesFetched => Interlocked.Read(ref _bytesFetched);

    public override async ValueTask<long> StoredLengthAsync(BackupFile file, CancellationToken cancellationToken)
    {
        var total = 0L;
        foreach (var run in file.Runs)
        {
            var pack = await OpenAsync(run.Pack, cancellationToken).ConfigureAwait(false);
            total += pack.CheckRun(run) is null ? pack.StoredLength(run) : 0;
        }

        return total;
    }

    public override async Task<byte[]> ReadAllAsync(BackupFile file, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(checked((int)file.Length));
        await ReadAsync(file, bytes => content.WriteAsync(bytes, cancellationToken), cancellationToken).ConfigureAwait(false);
        return content.ToArray();
    }

    public override async Task ReadAsync(IReadOnlyCollection<BackupFile> files, Func<BackupFile, IContentSink> open, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            files,
            parallel,
            async (file, token) =>
            {
                var sink = open(file);
                await using (sink.ConfigureAwait(false))
                {
                    await ReadAsync(file, bytes => sink.AppendAsync(bytes, token), token).ConfigureAwait(false);
                    await sink.CompleteAsync(token).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
    }

    public override DamageException Damaged(BackupFile? file, string message) => new(
        ErrorCode.RepositoryDamaged,
        ManifestStore.NameOf(manifest.Id),
        message,
        "Nothing was replaced. Run `segvault verify --read-data`, or restore another backup; `segvault list` shows them.");

    public override ValueTask DisposeAsync()
    {
        _codec.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ReadAsync(BackupFile file, Func<ReadOnlyMemory<byte>, ValueTask> receive, CancellationToken cancellationToken)
    {
        foreach (var run in file.Runs)
        {
            var pack = await OpenAsync(run.Pack, cancellationToken).ConfigureAwait(false);
            try
            {
                await pack.ReadAsync(run, _codec, receive, cancellationToken).ConfigureAwait(false);
            }
            catch (DamageException)
            {
                await EnsureNotRemovedAsync(cancellationToken).ConfigureAwait(false);
                throw;
            }

            Interlocked.Add(ref _bytesFetched, pack.StoredLength(run));
        }
    }

    private async Task<PackReader> OpenAsync(int pack, CancellationToken cancellationToken)
    {
        try
        {
            return await _packs.GetOrAdd(
                pack,
                index => new Lazy<Task<PackReader>>(() => PackReader.OpenAsync(repository.Store, repository.Id, manifest.Packs[index], cancellationToken))).Value.ConfigureAwait(false);
        }
        catch (DamageException)
        {
            await EnsureNotRemovedAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A pack that is gone is no damage when its backup is.</summary>
    private async Task EnsureNotRemovedAsync(CancellationToken cancellationToken)
    {
        if (await RemovedMeanwhile.ExplainAsync(repository, manifest.Id, cancellationToken).ConfigureAwait(false) is { } removed)
            throw removed;
    }
}
