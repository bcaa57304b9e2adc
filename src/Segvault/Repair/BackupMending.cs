using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Segvault.Backup;
using Segvault.Chunks;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Repair;

/// <summary>
/// Records backups anew whose damaged files were found elsewhere. No object is overwritten: what was found is stored in new packs, and a copy of the
/// manifest with an id of its own takes the place of the old one, in one entry of the log. A backup of which anything is missing stays as it is.
/// </summary>
internal sealed class BackupMending(RepositoryObjects repository, TimeProvider timeProvider, ILogger logger, IProgress<OperationProgress>? progress)
{
    private readonly HashSet<string> _unusable = new(StringComparer.Ordinal);

    public long BytesStored { get; private set; }

    /// <summary>Stores what was found and records the backups; returns each with what it is now.</summary>
    public async Task<IReadOnlyList<(ScannedBackup Old, BackupSummary New)>> RunAsync(
        IReadOnlyList<ScannedBackup> backups, IReadOnlyDictionary<string, FoundContent> found, CancellationToken cancellationToken)
    {
        var packs = new PackSet(repository, timeProvider, logger);
        await using var _ = packs.ConfigureAwait(false);
        IReadOnlyDictionary<string, StoredFile>? stored = null;
        while (stored is null)
        {
            var missing = Mendable(backups).SelectMany(backup => backup.Broken).Where(file => found[file.Sha256].Known is null).DistinctBy(file => file.Sha256).ToList();
            stored = await TryStoreAsync(missing, found, packs, cancellationToken).ConfigureAwait(false);
        }

        var mended = new List<(ScannedBackup Old, BackupSummary New)>();
        foreach (var backup in Mendable(backups))
        {
            if (await CommitAsync(backup, found, stored, packs, cancellationToken).ConfigureAwait(false) is { } summary)
                mended.Add((backup, summary));
        }

        BytesStored = packs.BytesStored;
        return mended;
    }

    private IEnumerable<ScannedBackup> Mendable(IReadOnlyList<ScannedBackup> backups) =>
        backups.Where(backup => backup.Broken.TrueForAll(file => !_unusable.Contains(file.Sha256)));

    /// <summary>Null when something read otherwise than when it was found: then it does without.</summary>
    private async Task<IReadOnlyDictionary<string, StoredFile>?> TryStoreAsync(
        List<BackupFile> files, IReadOnlyDictionary<string, FoundContent> found, PackSet packs, CancellationToken cancellationToken)
    {
        var placements = Place(files);
        var total = files.Sum(file => file.Length);
        using var codec = new ChunkCodec();
        try
        {
            return await new PackingPipeline(packs, codec).StoreAsync(
                async (open, token) =>
                {
                    var done = 0L;
                    foreach (var file in files.OrderBy(file => placements[file.Sha256].Group))
                    {
                        var sink = open(file.Sha256, new NoContentCheck(), ContentLayout.Opaque, placements[file.Sha256], verdict => EnsureSame(file, verdict));
                        await using var _ = sink.ConfigureAwait(false);
                        await ReadAsync(
                            file,
                            found[file.Sha256],
                            bytes =>
                            {
                                done += bytes.Length;
                                progress?.Report(new OperationProgress("repair", done, total));
                                return sink.AppendAsync(bytes, token);
                            },
                            token).ConfigureAwait(false);
                        await sink.CompleteAsync(token).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (LostAgainException lost)
        {
            _unusable.Add(lost.Sha256);
            return null;
        }
    }

    private static async Task ReadAsync(BackupFile file, FoundContent content, Func<ReadOnlyMemory<byte>, ValueTask> receive, CancellationToken cancellationToken)
    {
        try
        {
            await content.ReadAsync!(receive, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DamageException or SegvaultException { Code: ErrorCode.SourceChanged or ErrorCode.IndexVanished })
        {
            throw new LostAgainException(file.Sha256, exception);
        }
    }

    private static void EnsureSame(BackupFile file, ContentVerdict verdict)
    {
        if (verdict.Sha256 != file.Sha256)
            throw new LostAgainException(file.Sha256, null);
    }

    /// <summary>As a backup places them: what the engine replaces, small segments, and each large segment, in packs of their own.</summary>
    private static Dictionary<string, PackPlacement> Place(List<BackupFile> files)
    {
        var large = files.Where(file => file.WriteOnce && file.Segment is not null)
            .GroupBy(file => file.Segment!, StringComparer.Ordinal)
            .Where(segment => segment.Sum(file => file.Length) >= PackGroup.SmallSegment)
            .Select((segment, i) => (segment.Key, Group: i + 2))
            .ToDictionary(entry => entry.Key, entry => entry.Group, StringComparer.Ordinal);
        return files.ToDictionary(
            file => file.Sha256,
            file => new PackPlacement(!file.WriteOnce ? 0 : file.Segment is not null && large.TryGetValue(file.Segment, out var group) ? group : 1, PackGroup.SmallestTarget),
            StringComparer.Ordinal);
    }

    /// <summary>Null when the backup was removed meanwhile, or something that the copy needs was erased.</summary>
    private async Task<BackupSummary?> CommitAsync(
        ScannedBackup backup,
        IReadOnlyDictionary<string, FoundContent> found,
        IReadOnlyDictionary<string, StoredFile> stored,
        PackSet packs,
        CancellationToken cancellationToken)
    {
        var old = backup.Manifest;
        var table = new PackTable(packs);
        var broken = backup.Broken.ToHashSet();
        var files = old.Files
            .Select(file => !broken.Contains(file) ? table.Reuse(file, new KnownFile(file, old))
                : found[file.Sha256].Known is { } known ? table.Reuse(file, known) with { Footer = file.Footer }
                : table.Store(file, stored[file.Sha256]) with { Footer = file.Footer })
            .ToImmutableArray();
        var copy = old with
        {
            Id = BackupId.NewRandom(),
            Version = ManifestCodec.Version,
            FormerIds = [.. old.FormerIds, old.Id],
            Files = files,
            Packs = table.ToArray(),
        };
        try
        {
            return await new BackupCommit(repository, logger).RunAsync(
                copy, packs, state => _ = state.FindLive(old.Id) ?? throw new RemovedMeanwhileException(), cancellationToken).ConfigureAwait(false);
        }
        catch (RemovedMeanwhileException)
        {
            return null;
        }
    }

    /// <summary>Content that was found reads otherwise now.</summary>
    private sealed class LostAgainException(string sha256, Exception? inner) : Exception("Content changed after it was found.", inner)
    {
        public string Sha256 { get; } = sha256;
    }

    /// <summary>Nobody wants the backup any more.</summary>
    private sealed class RemovedMeanwhileException : Exception;
}
