using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record ArchiveCreateLine() : SummaryLine("archive create")
{
    public required string? Archive { get; init; }
    public required string? Backup { get; init; }
    public required string BackupType { get; init; }
    public required string? Base { get; init; }
    public required bool Unchanged { get; init; }
    public required string Name { get; init; }
    public required string Engine { get; init; }
    public required long Documents { get; init; }
    public required int Segments { get; init; }
    public required int Files { get; init; }
    public required int ForeignFiles { get; init; }
    public required long Bytes { get; init; }
    public required long BytesRead { get; init; }
    public required long BytesNew { get; init; }
    public required long BytesStored { get; init; }
    public required IReadOnlyList<string> Needs { get; init; }
    public required bool Locked { get; init; }
    public required IReadOnlyList<string> DamagedFiles { get; init; }
    public required double Seconds { get; init; }

    public static ArchiveCreateLine From(BackupResult result) => new()
    {
        Archive = result.Backup.Archive,
        Backup = result.Backup.Id.ToString(),
        BackupType = Names.Of(result.Backup.Type),
        Base = result.Backup.BaseArchive,
        Unchanged = result.Unchanged,
        Name = result.Backup.Name,
        Engine = result.Backup.Engine,
        Documents = result.Backup.Documents,
        Segments = result.Backup.Segments,
        Files = result.Backup.Files,
        ForeignFiles = result.ForeignFiles,
        Bytes = result.Backup.Bytes,
        BytesRead = result.BytesRead,
        BytesNew = result.BytesNew,
        BytesStored = result.BytesStored,
        Needs = result.Backup.Needs,
        Locked = result.Locked,
        DamagedFiles = result.DamagedFiles,
        Seconds = Quantities.Seconds(result.Elapsed),
    };

    public static ArchiveCreateLine From(BackupPlan plan, TimeSpan elapsed) => new()
    {
        DryRun = true,
        Archive = plan.UnchangedSince?.Archive,
        Backup = plan.UnchangedSince?.Id.ToString(),
        BackupType = Names.Of(plan.UnchangedSince?.Type ?? plan.Type),
        Base = plan.UnchangedSince is { } unchanged ? unchanged.BaseArchive : plan.BaseArchive,
        Unchanged = plan.UnchangedSince is not null,
        Name = plan.Name,
        Engine = plan.Engine,
        Documents = plan.Documents,
        Segments = plan.Segments,
        Files = plan.Files.Length,
        ForeignFiles = plan.ForeignFiles,
        Bytes = plan.Bytes,
        BytesRead = 0,
        BytesNew = plan.UnchangedSince is null ? plan.BytesToStore : 0,
        BytesStored = 0,
        Needs = plan.UnchangedSince?.Needs ?? plan.Needs,
        Locked = plan.Locked,
        DamagedFiles = plan.DamagedFiles,
        Seconds = Quantities.Seconds(elapsed),
    };
}

/// <summary>What people are told of an archive that was made.</summary>
internal static class ArchiveCreateText
{
    public static void Write(HumanWriter people, BackupResult result, BackupType wanted)
    {
        var backup = result.Backup;
        if (result.Unchanged)
        {
            people.Say($"Nothing changed: {backup.Archive} of '{backup.Name}', {Quantities.LocalTime(backup.Time, people.TimeProvider)}, holds this state.");
        }
        else
        {
            var kind = (backup.Type, wanted) switch
            {
                (BackupType.Incremental, _) => $"incremental on {backup.BaseArchive}",
                (_, BackupType.Incremental) when !result.Warnings.Any(warning => warning.Code == ErrorCode.NoBase) => "full, because it is the first of this index",
                _ => "full",
            };
            people.Say(
                $"Made {backup.Archive} of '{backup.Name}' ({kind}): {Quantities.Count(backup.Documents, "document")} in "
                + $"{Quantities.Count(backup.Segments, "segment")}, {Quantities.Count(backup.Files, "file")}, {Quantities.Bytes(backup.Bytes)}; "
                + $"new {Quantities.Bytes(result.BytesNew)}, archive {Quantities.Bytes(result.BytesStored)} in {Quantities.Duration(result.Elapsed)}.");
            if (!backup.Needs.IsEmpty)
            {
                people.Say($"It cannot be restored without {string.Join(", ", backup.Needs)}.");
            }
        }

        BackupText.WriteForeign(people, result.ForeignFiles);
        foreach (var file in result.DamagedFiles)
        {
            people.Say($"Damaged: {file}");
        }
    }

    public static void Write(HumanWriter people, BackupPlan plan)
    {
        people.Line(plan.UnchangedSince is { } unchanged
            ? $"Nothing changed: no archive would be made; {unchanged.Archive} holds this state."
            : $"Would make {(plan.BaseArchive is { } rest ? $"an incremental archive of '{plan.Name}' on {rest}" : $"a full archive of '{plan.Name}'")}: "
                + $"{Quantities.Count(plan.Documents, "document")} in {Quantities.Count(plan.Segments, "segment")}, {Quantities.Bytes(plan.Bytes)}; "
                + $"{Quantities.Bytes(plan.BytesToStore)} to store before compression.");
        BackupText.WriteFiles(people, plan);
    }
}
