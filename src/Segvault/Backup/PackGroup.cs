using Segvault.Engines;

namespace Segvault.Backup;

/// <summary>Files whose chunks share packs because they die together: so that packs are deleted, never repacked.</summary>
/// <param name="Files">The files, in the order in which they are stored.</param>
/// <param name="TargetLength">Size in bytes at which a pack of this group is closed.</param>
internal sealed record PackGroup(IReadOnlyList<SnapshotFile> Files, long TargetLength)
{
    public const long SmallestTarget = 32L * 1024 * 1024;
    private const long LargestTarget = 256L * 1024 * 1024;
    public const long SmallSegment = 8L * 1024 * 1024;

    /// <summary>
    /// One group for what the engine replaces with every commit, one for all small segments, one for each large segment.
    /// </summary>
    public static IReadOnlyList<PackGroup> Arrange(IEnumerable<SnapshotFile> files)
    {
        var all = files.ToList();
        var replaceable = all.Where(file => file.Role != EngineFileRole.WriteOnce).ToList();
        var segments = all.Where(file => file.Role == EngineFileRole.WriteOnce).GroupBy(file => file.Segment).ToList();
        var groups = new List<PackGroup>
        {
            Of(replaceable),
            Of([.. segments.Where(IsSmall).SelectMany(segment => segment)]),
        };
        groups.AddRange(segments.Where(segment => !IsSmall(segment)).Select(segment => Of([.. segment])));
        groups.RemoveAll(group => group.Files.Count == 0);
        return groups;
    }

    private static bool IsSmall(IEnumerable<SnapshotFile> segment) => segment.Sum(file => file.Length) < SmallSegment;

    private static PackGroup Of(IReadOnlyList<SnapshotFile> files) =>
        new(files, Math.Clamp(files.Sum(file => file.Length) / 16, SmallestTarget, LargestTarget));
}
