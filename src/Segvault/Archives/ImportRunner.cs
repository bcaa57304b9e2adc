using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Backup;
using Segvault.Chunks;
using Segvault.Content;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Archives;

/// <summary>
/// Stores what an archive holds as a backup of a repository: find the archives it needs, decide what the repository lacks, read all of them, store that,
/// commit.
/// </summary>
internal sealed class ImportRunner(RepositoryObjects repository, ImportOptions options, TimeProvider timeProvider, IProgress<OperationProgress>? progress)
{
    private readonly long _started = timeProvider.GetTimestamp();
    private long _done;

    public async Task<ImportResult> RunAsync(string file, CancellationToken cancellationToken)
    {
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        state.EnsureWritable(repository.Store.Location);
        var archive = await ArchiveCatalog.ReadAsync(Path.GetFullPath(file), cancellationToken).ConfigureAwait(false);
        var manifest = Rename(archive.Manifest.Backup);
        if (await FindSameAsync(manifest, state, cancellationToken).ConfigureAwait(false) is { } there)
            return Result(archive, there) with { Unchanged = true };
        EnsureNameFree(manifest, state);
        var directories = options.BaseDirectories.Select(Path.GetFullPath).Prepend(Path.GetDirectoryName(archive.Path)!);
        var catalog = await ArchiveCatalog.LoadAsync(directories, cancellationToken).ConfigureAwait(false);
        var content = await ArchiveContent.OpenAsync(archive, catalog, null, cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            return await StoreAsync(archive, manifest, content, state, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<ImportResult> StoreAsync(
        CatalogedArchive archive, BackupManifest manifest, ArchiveContent content, LogState state, CancellationToken cancellationToken)
    {
        var engine = IndexEngines.All.FirstOrDefault(engine => engine.Name == manifest.Engine)
            ?? throw new UnsupportedFormatException($"{archive.Path} is of an index of {(manifest.Engine.Length == 0 ? "an engine" : manifest.Engine)} that this version does not know.");
        var (commit, _) = await BackedUpCommit.ReadAsync(manifest, engine, content, cancellationToken).ConfigureAwait(false);
        var snapshot = new ImportedSnapshot(manifest, engine, commit);
        var packs = new PackSet(repository, timeProvider, NullLogger.Instance);
        await using (packs.ConfigureAwait(false))
        {
            BackupManifest? own = null;
            var bytesNew = 0L;
            while (true)
            {
                var packsSeen = await repository.ListPacksAsync(cancellationToken).ConfigureAwait(false);
                var parents = await ParentCatalog.LoadAsync(
                    repository, state, packsSeen, manifest.Name, snapshot, own, read: null, NullLogger.Instance, cancellationToken).ConfigureAwait(false);
                var known = snapshot.Files.ToDictionary(file => file.Path, file => parents.FindByContent(file, snapshot.Sha256Of(file)), StringComparer.Ordinal);
                var missing = manifest.Files.Where(file => known[file.Path] is null).ToList();
                using var codec = new ChunkCodec();
                var stored = await new PackingPipeline(packs, codec).StoreAsync(
                    (open, token) => content.ReadAsync(missing, file => Open(file, open, snapshot, content), token), cancellationToken).ConfigureAwait(false);
                bytesNew += missing.Sum(file => file.Length);
                own = Build(manifest, snapshot, known, stored, packs, parents.Newest);
                if (await new BackupCommit(repository, NullLogger.Instance).RunAsync(own, packs, current => EnsureNameFree(manifest, current), cancellationToken).ConfigureAwait(false) is { } committed)
                    return Result(archive, committed) with { BytesRead = content.BytesFetched, BytesNew = bytesNew, BytesStored = packs.BytesStored };
                state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private ReportingSink Open(BackupFile file, OpenStoredFile open, ImportedSnapshot snapshot, ArchiveContent content)
    {
        var sink = open(
            file.Path,
            snapshot.Commit.CheckContent(file.Path, file.Length),
            snapshot.Commit.LayoutOf(file.Path),
            snapshot.PlacementOf(file),
            verdict =>
            {
                if (verdict.Sha256 != file.Sha256)
                    throw content.Damaged(file, $"{file.Path} does not have the SHA-256 that the manifest records.");
                if (verdict.Problem is not null && !file.Damaged)
                    throw content.Damaged(file, $"{file.Path} is exactly what was backed up, but the {snapshot.Engine} check rejects it: it {verdict.Problem}.");
            });
        return new ReportingSink(sink, read => progress?.Report(new OperationProgress("read", _done += read, snapshot.TotalLength)));
    }

    private static BackupManifest Build(
        BackupManifest manifest,
        ImportedSnapshot snapshot,
        Dictionary<string, KnownFile?> known,
        IReadOnlyDictionary<string, StoredFile> stored,
        PackSet packs,
        BackupManifest? newest)
    {
        var table = new PackTable(packs);
        var files = manifest.Files
            .Select(snapshot.Complete)
            .Select(file => known[file.Path] is { } there ? table.Reuse(file, there) : table.Store(file, stored[file.Path]))
            .ToImmutableArray();
        var reuses = known.Values.Any(there => there is not null);
        return manifest with
        {
            // Not the archive's: the repository may have had that one once, and ids are never used again.
            Id = BackupId.NewRandom(),
            Version = ManifestCodec.Version,
            Type = reuses ? BackupType.Incremental : BackupType.Full,
            Base = reuses ? newest?.Id ?? known.Values.First(there => there is not null)!.Manifest.Id : null,
            Flags = [.. manifest.Flags.Where(flag => flag != BackupFlag.Imported), BackupFlag.Imported],
            Segments = snapshot.Commit.Segments,
            DeletedDocuments = snapshot.Commit.DeletedDocuments,
            Files = files,
            BytesStored = packs.BytesStored,
            Packs = table.ToArray(),
            Archive = null,
        };
    }

    private BackupManifest Rename(BackupManifest manifest) => options.Name is { } name ? manifest with { Name = name } : manifest;

    /// <summary>The backup that the repository already has of the same moment with the same content: imported before, or what was once exported.</summary>
    private async Task<BackupSummary?> FindSameAsync(BackupManifest manifest, LogState state, CancellationToken cancellationToken)
    {
        foreach (var add in state.Live.Where(add => add.Name == manifest.Name && add.PinnedAt == manifest.PinnedAt && add.Bytes == manifest.TotalSize))
        {
            try
            {
                if ((await repository.ReadManifestAsync(add, cancellationToken).ConfigureAwait(false)).Checksum == manifest.Checksum)
                    return add.ToSummary();
            }
            catch (DamageException)
            {
                // Lost: then this import brings it back.
            }
        }

        return null;
    }

    private void EnsureNameFree(BackupManifest manifest, LogState state)
    {
        if (options.Name is not null || state.NewestOf(manifest.Name) is not { } newest || newest.Path == manifest.IndexPath)
            return;
        throw new RefusedException(
            ErrorCode.NameInUse,
            $"The name '{manifest.Name}' belongs to the index at {newest.Path} (backup {newest.Id.ToShortString()}); the archive is of the one at {manifest.IndexPath}.",
            $"If it is another index, give it a name with --name; if it is the same, say so with --name {manifest.Name}.");
    }

    private ImportResult Result(CatalogedArchive archive, BackupSummary backup) => new()
    {
        Backup = backup,
        Archive = archive.Path,
        Elapsed = timeProvider.GetElapsedTime(_started),
    };

    private sealed class ReportingSink(IContentSink inner, Action<int> onRead) : IContentSink
    {
        public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            onRead(bytes.Length);
            return inner.AppendAsync(bytes, cancellationToken);
        }

        public ValueTask CompleteAsync(CancellationToken cancellationToken) => inner.CompleteAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
