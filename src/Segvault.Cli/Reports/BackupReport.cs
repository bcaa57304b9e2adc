using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record BackupLine() : SummaryLine("backup")
{
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
    public required long BytesResumed { get; init; }
    public required bool Locked { get; init; }
    public required IReadOnlyList<string> DamagedFiles { get; init; }
    public required IReadOnlyList<string> Flags { get; init; }
    public required double Seconds { get; init; }

    public static BackupLine From(BackupResult result) => new()
    {
        Backup = result.Backup.Id.ToString(),
        BackupType = Names.Of(result.Backup.Type),
        Base = result.Backup.Base?.ToString(),
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
        BytesResumed = result.BytesResumed,
        Locked = result.Locked,
        DamagedFiles = result.DamagedFiles,
        Flags = result.Backup.Flags,
        Seconds = Quantities.Seconds(result.Elapsed),
    };

    public static BackupLine From(BackupPlan plan, TimeSpan elapsed) => new()
    {
        DryRun = true,
        Backup = plan.UnchangedSince?.Id.ToString(),
        BackupType = Names.Of(plan.UnchangedSince?.Type ?? plan.Type),
        Base = (plan.UnchangedSince is { } unchanged ? unchanged.Base : plan.Base)?.ToString(),
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
        BytesResumed = 0,
        Locked = plan.Locked,
        DamagedFiles = plan.DamagedFiles,
        Flags = plan.UnchangedSince is { } same ? same.Flags : plan.Flags,
        Seconds = Quantities.Seconds(elapsed),
    };
}

/// <summary>What people are told of a backup.</summary>
internal static class BackupText
{
    public static void Write(HumanWriter people, BackupResult result, BackupType wanted)
    {
        var backup = result.Backup;
        if (result.Unchanged)
        {
            people.Say($"Nothing changed: backup {backup.Id.ToShortString()} of '{backup.Name}', {Quantities.LocalTime(backup.Time, people.TimeProvider)}, holds this state.");
        }
        else
        {
            var kind = (backup.Type, wanted) switch
            {
                (BackupType.Full, BackupType.Incremental) => "full, because it is the first of this index",
                (BackupType.Full, _) => "full",
                _ => backup.Base is { } earlier ? $"incremental on {earlier.ToShortString()}" : "incremental",
            };
            people.Say(
                $"Backup {backup.Id.ToShortString()} of '{backup.Name}' taken ({kind}): {Quantities.Count(backup.Documents, "document")} in "
                + $"{Quantities.Count(backup.Segments, "segment")}, {Quantities.Count(backup.Files, "file")}, {Quantities.Bytes(backup.Bytes)}; "
                + $"read {Quantities.Bytes(result.BytesRead)}, new {Quantities.Bytes(result.BytesNew)}, stored {Quantities.Bytes(result.BytesStored)}"
                + $"{(result.BytesResumed > 0 ? $", taken over from an interrupted backup {Quantities.Bytes(result.BytesResumed)}" : "")} "
                + $"in {Quantities.Duration(result.Elapsed)}.");
        }

        if (backup.IsSuspicious)
        {
            people.Say($"Backup {backup.Id.ToShortString()} is marked: {string.Join(", ", backup.Flags)}. If it is as it should be, say so: `segvault confirm {backup.Id.ToShortString()}`.");
        }

        WriteForeign(people, result.ForeignFiles);
        foreach (var file in result.DamagedFiles)
        {
            people.Say($"Damaged: {file}");
        }
    }

    public static void Write(HumanWriter people, BackupPlan plan)
    {
        people.Line(plan.UnchangedSince is { } unchanged
            ? $"Nothing changed: no backup would be made; {unchanged.Id.ToShortString()} holds this state."
            : $"Would take {(plan.Type == BackupType.Full ? "a full" : "an incremental")} backup of '{plan.Name}'"
                + $"{(plan.Base is { } earlier ? $" on {earlier.ToShortString()}" : "")}: "
                + $"{Quantities.Count(plan.Documents, "document")} in {Quantities.Count(plan.Segments, "segment")}, {Quantities.Bytes(plan.Bytes)}; "
                + $"{Quantities.Bytes(plan.BytesToStore)} to store before compression.");
        WriteFiles(people, plan);
    }

    /// <summary>What would be stored, what is there already, and what is wrong.</summary>
    public static void WriteFiles(HumanWriter people, BackupPlan plan)
    {
        people.Table(
            ["", ">SIZE", "FILE"],
            plan.Files.Select(file => (string[])[file.Reused ? "reuse" : "store", Quantities.Bytes(file.Length), file.Path]));
        WriteForeign(people, plan.ForeignFiles);
        foreach (var file in plan.DamagedFiles)
        {
            people.Line($"Damaged: {file}");
        }
    }

    public static void WriteForeign(HumanWriter people, int foreign)
    {
        if (foreign > 0)
        {
            people.Say($"{Quantities.Count(foreign, "name")} in the directory {(foreign == 1 ? "is" : "are")} not the engine's and not part of the backup.");
        }
    }
}
