using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record ListLine(IReadOnlyList<ListedBackup> Backups) : SummaryLine("list");

internal record ListedBackup
{
    public string Id { get; }
    public string BackupType { get; }
    public string? Base { get; }
    public DateTime Time { get; }
    public DateTime? UnchangedAt { get; }
    public string Name { get; }
    public string Host { get; }
    public string Path { get; }
    public string Engine { get; }
    public long Documents { get; }
    public int Segments { get; }
    public int Files { get; }
    public long Bytes { get; }
    public long BytesStored { get; }
    public string? Note { get; }
    public IReadOnlyDictionary<string, string> Labels { get; }
    public IReadOnlyList<string> Flags { get; }
    public bool Confirmed { get; }

    protected ListedBackup(BackupSummary backup)
    {
        Id = backup.Id.ToString();
        BackupType = Names.Of(backup.Type);
        Base = backup.Base?.ToString();
        Time = backup.Time.UtcDateTime;
        UnchangedAt = backup.UnchangedAt?.UtcDateTime;
        Name = backup.Name;
        Host = backup.Host;
        Path = backup.Path;
        Engine = backup.Engine;
        Documents = backup.Documents;
        Segments = backup.Segments;
        Files = backup.Files;
        Bytes = backup.Bytes;
        BytesStored = backup.BytesStored;
        Note = backup.Note;
        Labels = backup.Labels;
        Flags = backup.Flags;
        Confirmed = backup.Confirmed;
    }

    public static ListedBackup From(BackupSummary backup) => new(backup);
}

/// <summary>The table of backups.</summary>
internal static class ListText
{
    public static void Write(HumanWriter people, IReadOnlyList<BackupSummary> backups)
    {
        if (backups.Count == 0)
        {
            people.Say("There are no backups.");
            return;
        }

        people.Table(
            ["ID", "TIME", "NAME", "TYPE", ">DOCUMENTS", ">SIZE", ">STORED", "REMARKS"],
            backups.Select(backup => (string[])
            [
                backup.Id.ToShortString(),
                Quantities.LocalTime(backup.Time, people.TimeProvider),
                backup.Name,
                Names.Of(backup.Type),
                Quantities.Count(backup.Documents),
                Quantities.Bytes(backup.Bytes),
                Quantities.Bytes(backup.BytesStored),
                Remarks(backup),
            ]));
    }

    public static string Remarks(BackupSummary backup) => string.Join(
        "  ",
        [
            .. backup.Flags.Select(flag => backup.Confirmed ? $"{flag} (confirmed)" : $"! {flag}"),
            .. backup.Labels.Select(label => $"{label.Key}={label.Value}"),
            .. backup.Note is { } note ? [note] : Array.Empty<string>(),
        ]);
}
