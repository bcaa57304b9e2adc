using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record ListLine(IReadOnlyList<ListedBackup> Backups) : SummaryLine("list");

internal sealed record ListedBackup
{
    public required string Id { get; init; }
    public required string BackupType { get; init; }
    public required string? Base { get; init; }
    public required DateTime Time { get; init; }
    public required string Name { get; init; }
    public required string Host { get; init; }
    public required string Path { get; init; }
    public required string Engine { get; init; }
    public required long Documents { get; init; }
    public required int Segments { get; init; }
    public required int Files { get; init; }
    public required long Bytes { get; init; }
    public required long BytesStored { get; init; }
    public required string? Note { get; init; }
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    public required IReadOnlyList<string> Flags { get; init; }

    public static ListedBackup From(BackupSummary backup) => new()
    {
        Id = backup.Id.ToString(),
        BackupType = Names.Of(backup.Type),
        Base = backup.Base?.ToString(),
        Time = backup.Time.UtcDateTime,
        Name = backup.Name,
        Host = backup.Host,
        Path = backup.Path,
        Engine = backup.Engine,
        Documents = backup.Documents,
        Segments = backup.Segments,
        Files = backup.Files,
        Bytes = backup.Bytes,
        BytesStored = backup.BytesStored,
        Note = backup.Note,
        Labels = backup.Labels,
        Flags = backup.Flags,
    };
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

    private static string Remarks(BackupSummary backup) => string.Join(
        "  ",
        [
            .. backup.Flags.Select(flag => $"! {flag}"),
            .. backup.Labels.Select(label => $"{label.Key}={label.Value}"),
            .. backup.Note is { } note ? [note] : Array.Empty<string>(),
        ]);
}
