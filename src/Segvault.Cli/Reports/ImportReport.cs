using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record ImportLine() : SummaryLine("import")
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
    public required long BytesRead { get; init; }
    public required long BytesNew { get; init; }
    public required long BytesStored { get; init; }
    public required double Seconds { get; init; }

    public static ImportLine From(ImportResult result) => new()
    {
        Archive = result.Archive,
        Backup = result.Backup.Id.ToString(),
        BackupType = Names.Of(result.Backup.Type),
        Base = result.Backup.Base?.ToString(),
        Unchanged = result.Unchanged,
        Name = result.Backup.Name,
        Documents = result.Backup.Documents,
        Files = result.Backup.Files,
        Bytes = result.Backup.Bytes,
        BytesRead = result.BytesRead,
        BytesNew = result.BytesNew,
        BytesStored = result.BytesStored,
        Seconds = Quantities.Seconds(result.Elapsed),
    };
}

/// <summary>What people are told of an import.</summary>
internal static class ImportText
{
    public static void Write(HumanWriter people, ImportResult result)
    {
        var backup = result.Backup;
        people.Say(result.Unchanged
            ? $"The repository has backup {backup.Id.ToShortString()} of '{backup.Name}' already: nothing to do."
            : $"Imported {result.Archive} as backup {backup.Id.ToShortString()} of '{backup.Name}', {Quantities.LocalTime(backup.Time, people.TimeProvider)}: "
                + $"{Quantities.Count(backup.Documents, "document")}, {Quantities.Count(backup.Files, "file")}, {Quantities.Bytes(backup.Bytes)}; "
                + $"new {Quantities.Bytes(result.BytesNew)}, stored {Quantities.Bytes(result.BytesStored)} in {Quantities.Duration(result.Elapsed)}.");
    }
}
