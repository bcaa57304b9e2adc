using Segvault.Engines;

namespace Segvault.Backup;

/// <summary>Files whose chunks share packs because they die together: so that packs are deleted, never repacked.</summary>
/// <param name="Files">The files, in the order in which they are stored.</param>
/// <param name="TargetLength">Size in bytes at which a pack of this group is closed.</param>
/// <param name="IsCutByContent">Whether the files are cut by their content.</param>
internal sealed record PackGroup(IReadOnlyList<SnapshotFile> Files, long TargetLength, bool IsCutByContent)
{
    public const long SmallestTarget = 32L * 1024 * 1024;
    private const long LargestTarget = 256L * 1024 * 1024;
    public const long SmallSegment = 8L * 1024 * 1024;

    /// <summary>A file of less is cut at fixed size, whatever its layout.</summary>
    public const long SmallestCutByContent = 1024 * 1024;

    /// <summary>
    /// One group for what the engine replaces with every commit, one for all small segments, one for each large segment; and the same again for files that
    /// are cut by their content: a merge takes parts of them along, so they die otherwise than the rest of their segment.
    /// </summary>
    public static IReadOnlyList<PackGroup> Arrange(IEnumerable<SnapshotFile> files, Func<string, ContentLayout> layoutOf)
    {
        var all = files.ToList();
        var replaceable = all.Where(file => file.Role != EngineFileRole.WriteOnce);
        var small = SegmentsOf(all).Where(IsSmall).SelectMany(segment => segment);
        return [.. ArrangeTogether(replaceable, layoutOf), .. ArrangeTogether(small, layoutOf), .. ArrangeLargeSegments(all, layoutOf)];
    }

    /// <summary>The groups of the large segments alone.</summary>
    public static IEnumerable<PackGroup> ArrangeLargeSegments(IEnumerable<SnapshotFile> files, Func<string, ContentLayout> layoutOf) =>
        SegmentsOf(files).Where(segment => !IsSmall(segment)).SelectMany(segment => ArrangeTogether(segment, layoutOf));

    /// <summary>Whether a file is cut by its content.</summary>
    public static bool CutsByContent(SnapshotFile file, Func<string, ContentLayout> layoutOf) =>
        CutsByContent(file.Role == EngineFileRole.WriteOnce, file.Length, layoutOf(file.Path));

    /// <summary>Whether a file is, or was, cut by its content. A merge copies blocks of documents; it packs positions anew.</summary>
    public static bool CutsByContent(bool writeOnce, long length, ContentLayout layout) =>
        layout == ContentLayout.Lz4Blocks && writeOnce && length >= SmallestCutByContent;

    private static IEnumerable<IGrouping<string?, SnapshotFile>> SegmentsOf(IEnumerable<SnapshotFile> files) =>
        files.Where(file => file.Role == EngineFileRole.WriteOnce).GroupBy(file => file.Segment);

    private static IEnumerable<PackGroup> ArrangeTogether(IEnumerable<SnapshotFile> files, Func<string, ContentLayout> layoutOf) =>
        files.GroupBy(file => CutsByContent(file, layoutOf)).Select(group => Of([.. group], group.Key));

    private static bool IsSmall(IEnumerable<SnapshotFile> segment) => segment.Sum(file => file.Length) < SmallSegment;

    private static PackGroup Of(IReadOnlyList<SnapshotFile> files, bool isCutByContent) =>
        new(files, Math.Clamp(files.Sum(file => file.Length) / 16, SmallestTarget, LargestTarget), isCutByContent);
}
