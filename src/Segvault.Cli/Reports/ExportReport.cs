using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record ExportLine() : SummaryLine("export")
{
    public required string Archive { get; init; }
    public required string Backup { get; init; }
    public required string BackupType { get; init; }
    public required string? Base { get; init; }
    public required bool Unchanged { get; init; }
    public required string Name { get; init; }
    public required long Documents { get; init; }
    public required int Files { get; init; }
    public required long Bytes { get; init; }
    public required long BytesStored { get; init; }
    public required double Seconds { get; init; }

    /// <summary>Whatever the backup rests on in the repository, the archive holds all of it.</summary>
    public static ExportLine From(ExportResult result) => new()
    {
        Archive = result.Archive,
        Backup = result.Backup.Id.ToString(),
        BackupType = Names.Of(Segvault.BackupType.Full),
        Base = null,
        Unchanged = false,
        Name = result.Backup.Name,
        Documents = result.Backup.Documents,
        Files = result.Files,
        Bytes = result.Bytes,
        BytesStored = result.BytesStored,
        Seconds = Quantities.Seconds(result.Elapsed),
    };
}

/// <summary>What people are told of an export.</summary>
internal static class ExportText
{
    public static void Write(HumanWriter people, ExportResult result) => people.Say(
        $"Exported backup {result.Backup.Id.ToShortString()} of '{result.Backup.Name}', {Quantities.LocalTime(result.Backup.Time, people.TimeProvider)}, to {result.Archive}: "
        + $"{Quantities.Count(result.Backup.Documents, "document")}, {Quantities.Count(result.Files, "file")}, {Quantities.Bytes(result.Bytes)}; "
        + $"archive {Quantities.Bytes(result.BytesStored)} in {Quantities.Duration(result.Elapsed)}. It is complete by itself.");
}
