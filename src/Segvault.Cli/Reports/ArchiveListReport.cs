using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record ArchiveListLine(IReadOnlyList<ListedArchive> Backups, IReadOnlyList<ArchiveProblemLine> Problems) : SummaryLine("archive list");

internal sealed record ListedArchive : ListedBackup
{
    private ListedArchive(BackupSummary backup)
        : base(backup)
    {
        Archive = backup.Archive;
        BaseArchive = backup.BaseArchive;
        Needs = backup.Needs;
        Missing = backup.Missing;
    }

    public string? Archive { get; }
    public string? BaseArchive { get; }
    public IReadOnlyList<string> Needs { get; }
    public IReadOnlyList<string> Missing { get; }

    public static new ListedArchive From(BackupSummary backup) => new(backup);
}

/// <summary>A file that should be an archive and cannot be read as one.</summary>
internal sealed record ArchiveProblemLine(string Object, string Problem);

/// <summary>The table of archives.</summary>
internal static class ArchiveListText
{
    public static void Write(HumanWriter people, IReadOnlyList<BackupSummary> backups, IReadOnlyList<ArchiveProblemLine> problems)
    {
        if (backups.Count > 0)
        {
            people.Table(
                ["TIME", "TYPE", "NAME", ">DOCUMENTS", ">SIZE", ">ARCHIVE", "FILE", "NEEDS", "REMARKS"],
                backups.Select(backup => (string[])
                [
                    Quantities.LocalTime(backup.Time, people.TimeProvider),
                    Names.Of(backup.Type),
                    backup.Name,
                    Quantities.Count(backup.Documents),
                    Quantities.Bytes(backup.Bytes),
                    Quantities.Bytes(backup.BytesStored),
                    Path.GetFileName(backup.Archive!),
                    Needs(backup),
                    ListText.Remarks(backup),
                ]));
        }
        else if (problems.Count == 0)
        {
            people.Say("There are no archives.");
        }

        foreach (var problem in problems)
        {
            people.Line($"! {problem.Problem}");
        }
    }

    private static string Needs(BackupSummary backup) =>
        string.Join(", ", backup.Needs.Select(name => backup.Missing.Contains(name) ? $"{name} (missing)" : name));
}
