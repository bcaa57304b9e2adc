using System.Collections.Concurrent;
using Segvault.Chunks;
using Segvault.Repositories;

namespace Segvault.Restore;

/// <summary>Reads the files of one backup out of its packs.</summary>
internal sealed class PackedFileReader(RepositoryObjects repository, BackupManifest manifest) : IDisposable
{
    private readonly ChunkCodec _codec = new();
    private readonly ConcurrentDictionary<int, Lazy<Task<PackReader>>> _packs = new();
    private long _bytesFetched;

    /// <summary>Bytes of chunks read from the repository so far.</summary>
    public long BytesFetched => Interlocked.Read(ref _bytesFetched);

    public async Task ReadAsync(BackupFile file, Action<ReadOnlySpan<byte>> receive, CancellationToken cancellationToken)
    {
        foreach (var run in file.Runs)
        {
            var pack = await OpenAsync(run.Pack, cancellationToken).ConfigureAwait(false);
            await pack.ReadAsync(run, _codec, receive, cancellationToken).ConfigureAwait(false);
            Interlocked.Add(ref _bytesFetched, pack.StoredLength(run));
        }
    }

    public async Task<byte[]> ReadAllAsync(BackupFile file, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(checked((int)file.Length));
        await ReadAsync(file, content.Write, cancellationToken).ConfigureAwait(false);
        return content.ToArray();
    }

    /// <summary>Bytes that reading a file would take from the repository.</summary>
    public async Task<long> StoredLengthAsync(BackupFile file, CancellationToken cancellationToken)
    {
        var total = 0L;
        foreach (var run in file.Runs)
        {
            var pack = await OpenAsync(run.Pack, cancellationToken).ConfigureAwait(false);
            total += pack.CheckRun(run) is null ? pack.StoredLength(run) : 0;
        }

        return total;
    }

    public void Dispose() => _codec.Dispose();

    private Task<PackReader> OpenAsync(int pack, CancellationToken cancellationToken) =>
        _packs.GetOrAdd(
            pack,
            index => new Lazy<Task<PackReader>>(() => PackReader.OpenAsync(repository.Store, repository.Id, manifest.Packs[index], cancellationToken))).Value;
}
