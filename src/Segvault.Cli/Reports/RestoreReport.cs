using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record RestoreLine(string Command) : SummaryLine(Command)
{
    public required string Backup { get; init; }
    public required string Target { get; init; }
    public required int Files { get; init; }
    public required long Bytes { get; init; }
    public required long BytesFetched { get; init; }
    public required long BytesReused { get; init; }
    public required int ForeignFiles { get; init; }
    public required long Documents { get; init; }
    public required string? Previous { get; init; }

    /// <summary><c>create</c>, <c>exchange</c> or <c>in-place</c>.</summary>
    public required string Method { get; init; }
    public required IReadOnlyList<string> DamagedFiles { get; init; }
    public required IReadOnlyList<LostFileLine> LostFiles { get; init; }
    public required IReadOnlyList<string> LostSegments { get; init; }
    public required long LostDocuments { get; init; }
    public required double Seconds { get; init; }

    public static RestoreLine From(string command, RestoreResult result) => new(command)
    {
        Backup = result.Backup.ToString(),
        Target = result.Target,
        Files = result.Files,
        Bytes = result.Bytes,
        BytesFetched = result.BytesFetched,
        BytesReused = result.BytesReused,
        ForeignFiles = result.ForeignFiles,
        Documents = result.Documents,
        Previous = result.Previous,
        Method = Names.Of(result.Method),
        DamagedFiles = result.DamagedFiles,
        LostFiles = [.. result.LostFiles.Select(LostFileLine.From)],
        LostSegments = result.LostSegments,
        LostDocuments = result.LostDocuments,
        Seconds = Quantities.Seconds(result.Elapsed),
    };

    public static RestoreLine From(string command, RestorePlan plan, TimeSpan elapsed) => new(command)
    {
        DryRun = true,
        Backup = plan.Backup.Id.ToString(),
        Target = plan.Target,
        Files = plan.Files.Length,
        Bytes = plan.Files.Sum(file => file.Length),
        BytesFetched = plan.BytesToFetch,
        BytesReused = plan.BytesReused,
        ForeignFiles = plan.ForeignFiles,
        Documents = plan.Backup.Documents,
        Previous = null,
        Method = Names.Of(plan.Method),
        DamagedFiles = [.. plan.Backup.Files.Where(file => file.Damaged).Select(file => file.Path)],
        LostFiles = [.. plan.LostFiles.Select(LostFileLine.From)],
        LostSegments = plan.LostSegments,
        LostDocuments = plan.LostDocuments,
        Seconds = Quantities.Seconds(elapsed),
    };
}

internal sealed record LostFileLine(string Path, long Length, string Problem)
{
    public static LostFileLine From(LostFile file) => new(file.Path, file.Length, file.Problem);
}

/// <summary>What people are told of a restore.</summary>
internal static class RestoreText
{
    public static void Write(HumanWriter people, RestoreResult result, BackupSummary backup)
    {
        people.Say(
            $"Restored backup {backup.Id.ToShortString()} of '{backup.Name}', {Quantities.LocalTime(backup.Time, people.TimeProvider)}, to {result.Target}: "
            + $"{Quantities.Count(result.Documents, "document")}, {Quantities.Count(result.Files, "file")}, {Quantities.Bytes(result.Bytes)}; "
            + $"fetched {Quantities.Bytes(result.BytesFetched)}, reused {Quantities.Bytes(result.BytesReused)} in {Quantities.Duration(result.Elapsed)}.");
        if (result.ForeignFiles > 0)
        {
            people.Say($"{Quantities.Count(result.ForeignFiles, "file")} in the target {(result.ForeignFiles == 1 ? "is" : "are")} not the engine's: carried over.");
        }

        foreach (var lost in result.LostFiles)
        {
            people.Say($"Lost: {lost.Path} ({Quantities.Bytes(lost.Length)}): {lost.Problem}");
        }

        if (result.Previous is { } previous)
        {
            people.Say($"The index that was there is kept in {previous}");
        }
    }

    public static void Write(HumanWriter people, RestorePlan plan)
    {
        var how = plan.Method switch
        {
            RestoreMethod.Create => "as a new directory",
            RestoreMethod.Exchange => "by exchanging the directory in one step",
            _ => "file by file inside the directory",
        };
        people.Line($"Would restore backup {plan.Backup.Id.ToShortString()} of '{plan.Backup.Name}' {how}.");
        people.Values(
            ("target", plan.Target),
            ("replaces", plan.ReplacesIndex ? "the index that is there" : "nothing"),
            ("because", plan.MethodReason),
            ("documents", Quantities.Count(plan.Backup.Documents)),
            ("to fetch", Quantities.Bytes(plan.BytesToFetch)),
            ("reused", $"{Quantities.Bytes(plan.BytesReused)}, compared by SHA-256 first"),
            ("carried over", plan.ForeignFiles > 0 ? $"{Quantities.Count(plan.ForeignFiles, "file")} not the engine's" : null),
            ("space needed", Quantities.Bytes(plan.SpaceNeeded)),
            ("space there", plan.SpaceAvailable is { } available ? Quantities.Bytes(available) : "unknown"));
        people.Table(
            ["", ">SIZE", "FILE"],
            plan.Files.Select(file => (string[])[file.Reused ? "reuse" : "fetch", Quantities.Bytes(file.Length), file.Path]));
        foreach (var lost in plan.LostFiles)
        {
            people.Line($"Lost: {lost.Path} ({Quantities.Bytes(lost.Length)}): {lost.Problem}");
        }

        if (plan.SpaceAvailable < plan.SpaceNeeded)
        {
            people.Say($"There is not enough free space for {plan.Target}: the restore would be refused.");
        }
    }
}
