using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record DiffLine() : SummaryLine("diff")
{
    public required string First { get; init; }
    public required string Second { get; init; }

    /// <summary>Here and below: of the first backup, then of the second.</summary>
    public required IReadOnlyList<string> Names { get; init; }
    public required IReadOnlyList<DateTime> Times { get; init; }
    public required IReadOnlyList<string> Engines { get; init; }
    public required IReadOnlyList<IReadOnlyList<string>> EngineVersions { get; init; }
    public required IReadOnlyList<IReadOnlyList<int>> FormatVersions { get; init; }
    public required IReadOnlyList<long> Documents { get; init; }
    public required IReadOnlyList<long> DeletedDocuments { get; init; }
    public required IReadOnlyList<int> Files { get; init; }
    public required IReadOnlyList<long> Bytes { get; init; }
    public required IReadOnlyList<SegmentSummary> SegmentsAdded { get; init; }
    public required IReadOnlyList<SegmentSummary> SegmentsRemoved { get; init; }
    public required IReadOnlyList<ChangedSegmentLine> SegmentsChanged { get; init; }
    public required IReadOnlyList<DiffFile> Added { get; init; }
    public required IReadOnlyList<DiffFile> Removed { get; init; }
    public required IReadOnlyList<ChangedFileLine> Changed { get; init; }
    public required int EqualFiles { get; init; }
    public required long EqualBytes { get; init; }
    public required bool Equal { get; init; }

    public static DiffLine From(BackupComparison comparison)
    {
        T[] Both<T>(Func<BackupManifest, T> read) => [read(comparison.First), read(comparison.Second)];
        return new DiffLine
        {
            First = comparison.First.Id.ToString(),
            Second = comparison.Second.Id.ToString(),
            Names = Both(backup => backup.Name),
            Times = Both(backup => backup.PinnedAt.UtcDateTime),
            Engines = Both(backup => backup.Engine),
            EngineVersions = Both(backup => (IReadOnlyList<string>)backup.EngineVersions),
            FormatVersions = Both(backup => (IReadOnlyList<int>)backup.FormatVersions),
            Documents = Both(backup => backup.Documents),
            DeletedDocuments = Both(backup => backup.DeletedDocuments),
            Files = Both(backup => backup.Files.Length),
            Bytes = Both(backup => backup.TotalSize),
            SegmentsAdded = comparison.SegmentsAdded,
            SegmentsRemoved = comparison.SegmentsRemoved,
            SegmentsChanged = [.. comparison.SegmentsChanged.Select(ChangedSegmentLine.From)],
            Added = [.. comparison.Added.Select(DiffFile.From)],
            Removed = [.. comparison.Removed.Select(DiffFile.From)],
            Changed = [.. comparison.Changed.Select(ChangedFileLine.From)],
            EqualFiles = comparison.EqualFiles,
            EqualBytes = comparison.EqualBytes,
            Equal = comparison.IsEqual,
        };
    }
}

/// <summary>A file that one of two backups has.</summary>
internal sealed record DiffFile(string Path, long Bytes, string Sha256)
{
    public static DiffFile From(BackupFile file) => new(file.Path, file.Length, file.Sha256);
}

/// <summary>A file that two backups have with different content: of the first backup, then of the second.</summary>
internal sealed record ChangedFileLine(string Path, IReadOnlyList<long> Bytes, IReadOnlyList<string> Sha256)
{
    public static ChangedFileLine From(ChangedFile file) =>
        new(file.Second.Path, [file.First.Length, file.Second.Length], [file.First.Sha256, file.Second.Sha256]);
}

/// <summary>A segment that two backups have with other deleted documents: of the first backup, then of the second.</summary>
internal sealed record ChangedSegmentLine(string Id, IReadOnlyList<long> Documents, IReadOnlyList<long> DeletedDocuments)
{
    public static ChangedSegmentLine From(ChangedSegment segment) => new(
        segment.Second.Id,
        [segment.First.Documents, segment.Second.Documents],
        [segment.First.DeletedDocuments, segment.Second.DeletedDocuments]);
}

/// <summary>A comparison for people.</summary>
internal static class DiffText
{
    public static void Write(HumanWriter people, BackupComparison comparison)
    {
        people.Table(["", "FIRST", "SECOND"], Summary(comparison, people.TimeProvider));
        if (comparison.IsEqual)
        {
            people.Line();
            people.Line($"Nothing differs: {Equal(comparison)}.");
            return;
        }

        var segments = Segments(comparison).ToList();
        if (segments.Count > 0)
        {
            people.Line();
            people.Table(["", "SEGMENT", ">DOCUMENTS", ">DELETED"], segments);
        }

        people.Line();
        people.Table(["", ">SIZE", "FILE"], Files(comparison));
        people.Line();
        people.Line($"equal: {Equal(comparison)}");
    }

    private static IEnumerable<string[]> Summary(BackupComparison comparison, TimeProvider clock)
    {
        var (first, second) = (comparison.First, comparison.Second);
        string[] Row(string name, Func<BackupManifest, string> read) => [name, read(first), read(second)];
        yield return Row("backup", backup => backup.Id.ToShortString());
        yield return Row("pinned", backup => Quantities.LocalTime(backup.PinnedAt, clock));
        yield return Row("name", backup => backup.Name);
        yield return Row("documents", backup => Quantities.Count(backup.Documents));
        yield return Row("deleted", backup => Quantities.Count(backup.DeletedDocuments));
        yield return Row("segments", backup => Quantities.Count(backup.Segments.Length));
        yield return Row("files", backup => Quantities.Count(backup.Files.Length));
        yield return Row("size", backup => Quantities.Bytes(backup.TotalSize));

        string Engine(BackupManifest backup) => TantivyVersions.Describe(backup.Engine, backup.EngineVersions, backup.FormatVersions);
        if (Engine(first) != Engine(second))
        {
            yield return Row("engine", Engine);
        }
    }

    private static IEnumerable<string[]> Segments(BackupComparison comparison)
    {
        foreach (var segment in comparison.SegmentsRemoved)
        {
            yield return ["removed", segment.Id, Quantities.Count(segment.Documents), Quantities.Count(segment.DeletedDocuments)];
        }

        foreach (var (first, second) in comparison.SegmentsChanged)
        {
            yield return ["changed", second.Id, Change(first.Documents, second.Documents), Change(first.DeletedDocuments, second.DeletedDocuments)];
        }

        foreach (var segment in comparison.SegmentsAdded)
        {
            yield return ["added", segment.Id, Quantities.Count(segment.Documents), Quantities.Count(segment.DeletedDocuments)];
        }
    }

    private static IEnumerable<string[]> Files(BackupComparison comparison) =>
    [
        .. comparison.Removed.Select(file => (string[])["removed", Quantities.Bytes(file.Length), file.Path]),
        .. comparison.Changed.Select(file => (string[])["changed", Quantities.Bytes(file.Second.Length), file.Second.Path]),
        .. comparison.Added.Select(file => (string[])["added", Quantities.Bytes(file.Length), file.Path]),
    ];

    private static string Change(long first, long second) => first == second ? Quantities.Count(second) : $"{Quantities.Count(first)} -> {Quantities.Count(second)}";

    private static string Equal(BackupComparison comparison) =>
        $"{Quantities.Count(comparison.EqualFiles, "file")}, {Quantities.Bytes(comparison.EqualBytes)}";
}
