using Segvault.Backup;
using Segvault.Content;
using Segvault.Engines;
using Segvault.IO;
using Segvault.Repositories;

namespace Segvault.Repair;

/// <summary>
/// Looks for content by its SHA-256: among the other backups of the repository, in what can still be read of damaged packs, in live indexes, in another
/// repository. What is found was read and hashed.
/// </summary>
internal sealed class ContentSearch(RepositoryObjects repository, LogState state, ContentScan scan, RepairOptions options, TimeProvider timeProvider) : IAsyncDisposable
{
    private readonly Dictionary<string, FoundContent?> _found = new(StringComparer.Ordinal);
    private readonly List<PinnedSnapshot> _indexes = [];
    private readonly Dictionary<(PinnedSnapshot Snapshot, string Path), string?> _hashes = [];
    private List<(RepositoryObjects Place, BackupManifest Manifest)>? _others;

    /// <summary>Pins the indexes: until this is disposed, their files stay as they are now.</summary>
    /// <exception cref="NotAnIndexException">A directory holds no index.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        foreach (var index in options.Indexes)
        {
            var directory = RealPath.Resolve(index);
            if (!Directory.Exists(directory))
                throw new SegvaultException(ErrorCode.PathNotFound, $"{index} does not exist.", "Name the directory of an index that still has what the repository lost.");
            var engine = IndexEngines.Detect(directory) ?? throw new NotAnIndexException(
                index, $"{index} holds no index of any engine known here.", "Name the directory that has the index's own files in it (for Tantivy, the one with meta.json).");

            // Nothing is written to an index that is only read from, so no links are made in it.
            var pin = new PinOptions { TimeProvider = timeProvider, AllowHold = false };
            _indexes.Add(await engine.PinAsync(directory, pin, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Where the content of a file is; null when it is nowhere.</summary>
    public async Task<FoundContent?> FindAsync(BackupFile file, CancellationToken cancellationToken)
    {
        if (!_found.TryGetValue(file.Sha256, out var found))
        {
            found = FindHere(file)
                ?? await FindInIndexesAsync(file, cancellationToken).ConfigureAwait(false)
                ?? await FindElsewhereAsync(file, cancellationToken).ConfigureAwait(false);
            _found.Add(file.Sha256, found);
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var index in _indexes)
            await index.DisposeAsync().ConfigureAwait(false);
    }

    private FoundContent? FindHere(BackupFile wanted)
    {
        FoundContent? readable = null;
        foreach (var manifest in scan.Backups.Select(backup => backup.Manifest))
        {
            foreach (var file in manifest.Files.Where(file => file.Sha256 == wanted.Sha256 && file.Length == wanted.Length))
            {
                if (scan.IsWhole(manifest, file) && !file.Runs.Any(run => IsGoingAway(manifest.Packs[run.Pack].Id)))
                    return new FoundContent($"backup {manifest.Id.ToShortString()}", new KnownFile(file, manifest), null);
                if (readable is null && scan.IsReadable(manifest, file))
                    readable = Read($"what can be read of backup {manifest.Id.ToShortString()}", repository, manifest, file);
            }
        }

        return readable;
    }

    /// <summary>That a pack is known as bad is out of date once every byte of it was read and is right.</summary>
    private bool IsGoingAway(ObjectId pack)
    {
        var name = PackFormat.NameOf(pack);
        return state.Condemned.Contains(name) || state.Erased.Contains(name);
    }

    private async Task<FoundContent?> FindInIndexesAsync(BackupFile wanted, CancellationToken cancellationToken)
    {
        foreach (var snapshot in _indexes)
        {
            var reader = new SourceReader(snapshot);
            foreach (var file in snapshot.Files.Where(file => file.Length == wanted.Length).OrderByDescending(file => file.Path == wanted.Path))
            {
                if (!_hashes.TryGetValue((snapshot, file.Path), out var sha256))
                    _hashes.Add((snapshot, file.Path), sha256 = Hash(reader, file, cancellationToken));
                if (sha256 == wanted.Sha256)
                    return new FoundContent(snapshot.Directory, null, (receive, token) => reader.ReadAsync(file, receive, token));
            }
        }

        await Task.CompletedTask.ConfigureAwait(false);
        return null;
    }

    private static string? Hash(SourceReader reader, SnapshotFile file, CancellationToken cancellationToken)
    {
        try
        {
            return reader.Check(file, _ => { }, cancellationToken).Sha256;
        }
        catch (Exception exception) when (exception is SegvaultException or IOException)
        {
            return null;
        }
    }

    /// <summary>Backups removed here and not erased yet, and every backup of the other repository.</summary>
    private async Task<FoundContent?> FindElsewhereAsync(BackupFile wanted, CancellationToken cancellationToken)
    {
        foreach (var (place, manifest) in _others ??= await ReadOthersAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var file in manifest.Files.Where(file => file.Sha256 == wanted.Sha256 && file.Length == wanted.Length))
            {
                var found = Read($"backup {manifest.Id.ToShortString()} in {place.Store.Location}", place, manifest, file);
                if (await ContentHash.IsAsync(wanted.Sha256, receive => found.ReadAsync!(receive, cancellationToken)).ConfigureAwait(false))
                    return found;
            }
        }

        return null;
    }

    private async Task<List<(RepositoryObjects Place, BackupManifest Manifest)>> ReadOthersAsync(CancellationToken cancellationToken)
    {
        var others = new List<(RepositoryObjects Place, BackupManifest Manifest)>();
        foreach (var removed in state.Removed)
            await AddAsync(repository, removed.Add).ConfigureAwait(false);
        if (options.Repository is { } other)
        {
            // A damaged log is no obstacle to reading: what it tells of is compared by SHA-256.
            foreach (var live in (await other.Objects.Log.FoldAsync(cancellationToken).ConfigureAwait(false)).Live)
                await AddAsync(other.Objects, live).ConfigureAwait(false);
        }

        return others;

        async Task AddAsync(RepositoryObjects place, AddBody add)
        {
            try
            {
                others.Add((place, await place.ReadManifestAsync(add, cancellationToken).ConfigureAwait(false)));
            }
            catch (Exception exception) when (exception is SegvaultException or IOException)
            {
                // Nothing is found in a backup that cannot be read.
            }
        }
    }

    private static FoundContent Read(string where, RepositoryObjects place, BackupManifest manifest, BackupFile file) => new(where, null, async (receive, token) =>
    {
        var content = new PackedContent(place, manifest);
        await using var _ = content.ConfigureAwait(false);
        await content.ReadAsync([file], _ => new ReceivingSink(receive), token).ConfigureAwait(false);
    });
}

/// <summary>Content that was found.</summary>
/// <param name="Where">Where it was found, for people.</param>
/// <param name="Known">The stored copy to refer to; null when the content has to be stored.</param>
/// <param name="ReadAsync">Reads the content; null when there is a copy to refer to.</param>
internal sealed record FoundContent(string Where, KnownFile? Known, Func<Func<ReadOnlyMemory<byte>, ValueTask>, CancellationToken, Task>? ReadAsync);
