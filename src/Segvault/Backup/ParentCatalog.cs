using Microsoft.Extensions.Logging;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>
/// What earlier backups recorded of the files of a snapshot, so that a file need not be stored again. A record counts only while every pack that
/// it needs was seen in the store in this run, at its recorded size, and nothing in the log speaks against the pack.
/// </summary>
internal sealed class ParentCatalog
{
    private const int MostManifests = 32;

    private readonly List<BackupManifest> _manifests = [];
    private readonly Dictionary<string, List<KnownFile>> _files = new(StringComparer.Ordinal);
    private readonly LogState _state;
    private readonly IReadOnlyDictionary<ObjectId, long> _packsSeen;

    private ParentCatalog(LogState state, IReadOnlyDictionary<ObjectId, long> packsSeen)
    {
        _state = state;
        _packsSeen = packsSeen;
    }

    /// <summary>The manifests read.</summary>
    public IReadOnlyList<BackupManifest> Manifests => _manifests;

    /// <summary>The newest live backup of the index's name, when its manifest could be read.</summary>
    public BackupManifest? Newest { get; private set; }

    /// <summary>
    /// Reads parents until every write-once file of the snapshot was found: the newest backup of this name, those that first stored one of its
    /// segments, then others, newest first. <paramref name="own"/> is what this run stored in an earlier attempt, and <paramref name="read"/> a manifest that it
    /// has read already.
    /// </summary>
    public static async Task<ParentCatalog> LoadAsync(
        RepositoryObjects repository,
        LogState state,
        IReadOnlyDictionary<ObjectId, long> packsSeen,
        string name,
        PinnedSnapshot snapshot,
        BackupManifest? own,
        BackupManifest? read,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var catalog = new ParentCatalog(state, packsSeen);
        var newest = state.NewestOf(name);
        foreach (var add in Order(state, newest, snapshot).Take(MostManifests))
        {
            // The newest is always read: it decides what "unchanged" means.
            if (add != newest && catalog.KnowsAll(snapshot))
                break;
            try
            {
                var manifest = add.Id == read?.Id ? read : await repository.ReadManifestAsync(add, cancellationToken).ConfigureAwait(false);
                if (manifest.Engine != snapshot.Engine)
                    continue;
                catalog.Include(manifest);
                if (add == newest)
                    catalog.Newest = manifest;
            }
            catch (Exception exception) when (exception is DamageException or IOException or UnauthorizedAccessException)
            {
                // A lost manifest makes nothing worse than reading the index again: this backup is the repair.
                BackupLog.ParentUnreadable(logger, add.Backup, exception);
            }
        }

        if (own is not null)
            catalog.Include(own);
        return catalog;
    }

    /// <summary>A stored copy of a write-once file, told by name, length and whole footer; null when there is none to rely on.</summary>
    public KnownFile? FindByFooter(SnapshotFile file) =>
        file.Role != EngineFileRole.WriteOnce || file.Footer.IsEmpty
            ? null
            : Find(file, known => known.WriteOnce && known.Footer.AsSpan().SequenceEqual(file.Footer.AsSpan()));

    /// <summary>A stored copy of exactly this content; null when there is none to rely on.</summary>
    public KnownFile? FindByContent(SnapshotFile file, string sha256) => Find(file, known => known.Sha256 == sha256);

    private KnownFile? Find(SnapshotFile file, Func<BackupFile, bool> isSame) =>
        _files.GetValueOrDefault(file.Path)?.Find(known =>
            known.File.Length == file.Length && !known.File.Damaged && isSame(known.File) && IsStored(known));

    private bool IsStored(KnownFile known) => known.File.Runs.All(run =>
    {
        var pack = known.Manifest.Packs[run.Pack];
        return CommitRules.MayReuse(_state, pack, _packsSeen.TryGetValue(pack.Id, out var length) ? length : null);
    });

    private bool KnowsAll(PinnedSnapshot snapshot) =>
        snapshot.Files.All(file => file.Role != EngineFileRole.WriteOnce || FindByFooter(file) is not null);

    private void Include(BackupManifest manifest)
    {
        _manifests.Add(manifest);
        foreach (var file in manifest.Files)
        {
            if (!_files.TryGetValue(file.Path, out var known))
                _files.Add(file.Path, known = []);
            known.Add(new KnownFile(file, manifest));
        }
    }

    private static IEnumerable<AddBody> Order(LogState state, AddBody? newest, PinnedSnapshot snapshot)
    {
        var segments = snapshot.Commit.Segments.Select(segment => segment.Id).ToHashSet(StringComparer.Ordinal);
        var newestFirst = state.Live.Reverse().ToList();
        return (newest is null ? [] : new[] { newest })
            .Concat(newestFirst.Where(add => add.NewSegments?.Any(segments.Contains) == true))
            .Concat(newestFirst)
            .Distinct();
    }
}

/// <summary>A file that a backup stored.</summary>
/// <param name="File">Its record.</param>
/// <param name="Manifest">The manifest that has the record, whose table of packs its runs refer to.</param>
internal sealed record KnownFile(BackupFile File, BackupManifest Manifest);
