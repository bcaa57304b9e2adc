using System.Diagnostics.CodeAnalysis;
using Segvault.Backup;
using Segvault.Engines;

namespace Segvault.Archives;

/// <summary>The files of an archive as a snapshot of an index: they are not read through it, but named, checked and compared like one's.</summary>
internal sealed class ImportedSnapshot : PinnedSnapshot
{
    private readonly Dictionary<string, SnapshotFile> _files;
    private readonly Dictionary<string, string> _checksums;
    private readonly Dictionary<string, PackPlacement> _placements = new(StringComparer.Ordinal);

    [SetsRequiredMembers]
    public ImportedSnapshot(BackupManifest manifest, IndexEngine engine, IndexCommit commit)
    {
        Directory = manifest.IndexPath;
        Engine = engine.Name;
        PinnedAt = manifest.PinnedAt;
        Commit = commit;
        Files = [.. manifest.Files.Select(file => Describe(file, engine, commit))];
        _files = Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        _checksums = manifest.Files.ToDictionary(file => file.Path, file => file.Sha256, StringComparer.Ordinal);
        var groups = 0;
        foreach (var group in PackGroup.ArrangeLargeSegments(Files, commit.LayoutOf))
        {
            groups++;
            foreach (var file in group.Files)
                _placements.Add(file.Path, new PackPlacement(groups, group.TargetLength, group.IsCutByContent));
        }
    }

    public long TotalLength => Files.Sum(file => file.Length);

    public string Sha256Of(SnapshotFile file) => _checksums[file.Path];

    /// <summary>Adds what the engine knows of a file and the archive's manifest does not say.</summary>
    public BackupFile Complete(BackupFile file) => file with
    {
        Segment = _files[file.Path].Segment,
        WriteOnce = _files[file.Path].Role == EngineFileRole.WriteOnce,
    };

    /// <summary>
    /// Large segments are placed as in a backup. All else shares packs, in the order in which it comes, and is cut at fixed size: with every change between
    /// files that share no pack one ends.
    /// </summary>
    public PackPlacement PlacementOf(BackupFile file) => _placements.TryGetValue(file.Path, out var placement) ? placement : new PackPlacement(0, PackGroup.SmallestTarget);

    public override SnapshotContent OpenRead(SnapshotFile file) => throw new NotSupportedException();

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static SnapshotFile Describe(BackupFile file, IndexEngine engine, IndexCommit commit) => new()
    {
        Path = file.Path,
        Role = engine.Classify(file.Path),
        Length = file.Length,
        ModifiedAt = file.ModifiedAt,
        CreatedAt = file.CreatedAt,
        Mode = file.Mode,
        Owner = file.Owner,
        Segment = commit.SegmentOf(file.Path),
    };
}
