using System.Diagnostics.CodeAnalysis;
using Segvault.Backup;
using Segvault.Engines;

namespace Segvault.Archives;

/// <summary>The files of an archive as a snapshot of an index: they are not read through it, but named, checked and compared like one's.</summary>
internal sealed class ImportedSnapshot : PinnedSnapshot
{
    private const long SmallSegment = 8L * 1024 * 1024;
    private const long SmallestTarget = 32L * 1024 * 1024;
    private const long LargestTarget = 256L * 1024 * 1024;

    private readonly Dictionary<string, SnapshotFile> _files;
    private readonly Dictionary<string, string> _checksums;
    private readonly Dictionary<string, (int Group, long Length)> _largeSegments = new(StringComparer.Ordinal);

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
        foreach (var segment in Files.Where(file => file is { Role: EngineFileRole.WriteOnce, Segment: not null }).GroupBy(file => file.Segment!, StringComparer.Ordinal))
        {
            var length = segment.Sum(file => file.Length);
            if (length >= SmallSegment)
                _largeSegments.Add(segment.Key, (_largeSegments.Count + 1, length));
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

    /// <summary>Large segments have packs of their own; the rest shares, in the order in which it comes.</summary>
    public PackPlacement PlacementOf(BackupFile file) =>
        _files[file.Path].Segment is { } segment && _largeSegments.TryGetValue(segment, out var large)
            ? new PackPlacement(large.Group, Math.Clamp(large.Length / 16, SmallestTarget, LargestTarget))
            : new PackPlacement(0, SmallestTarget);

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
