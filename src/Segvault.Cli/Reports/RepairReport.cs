using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

/// <summary>What <c>verify --repair</c> says: the fields of a verification, and what became of the problems.</summary>
internal sealed record RepairLine(string Command) : SummaryLine(Command)
{
    public required string Level { get; init; }
    public required int Backups { get; init; }
    public required int Packs { get; init; }
    public required long Chunks { get; init; }
    public required long BytesRead { get; init; }
    public required IReadOnlyList<RepairProblemLine> Problems { get; init; }

    /// <summary><c>sound</c>, <c>repaired</c> or <c>incomplete</c>.</summary>
    public required string Outcome { get; init; }
    public required IReadOnlyList<string> ObjectsPutBack { get; init; }
    public required IReadOnlyList<string> BackupsAddedAgain { get; init; }
    public required IReadOnlyList<RepairedBackupLine> BackupsRepaired { get; init; }
    public required long BytesStored { get; init; }
    public required double Seconds { get; init; }

    public static RepairLine From(string command, RepairReport report) => new(command)
    {
        DryRun = report.DryRun,
        Level = Names.Of(VerifyLevel.Data),
        Backups = report.Backups,
        Packs = report.Packs,
        Chunks = report.Chunks,
        BytesRead = report.BytesRead,
        Problems = [.. report.Problems.Select(RepairProblemLine.From)],
        Outcome = report.Outcome switch
        {
            RepairOutcome.Sound => "sound",
            RepairOutcome.Repaired => "repaired",
            _ => "incomplete",
        },
        ObjectsPutBack = report.ObjectsPutBack,
        BackupsAddedAgain = [.. report.BackupsAddedAgain.Select(backup => backup.Id.ToString())],
        BackupsRepaired = [.. report.BackupsRepaired.Select(RepairedBackupLine.From)],
        BytesStored = report.BytesStored,
        Seconds = Quantities.Seconds(report.Elapsed),
    };
}

internal sealed record RepairProblemLine(string Object, string Problem, IReadOnlyList<string> Backups, IReadOnlyList<string> Files, bool Repaired)
{
    public static RepairProblemLine From(RepairProblem problem) => new(
        problem.Object,
        problem.Problem,
        problem.Backup is { } backup ? [backup.Id.ToString()] : [],
        problem.Backup is { } owner ? [.. problem.Files.Select(file => $"{owner.Id}:{file}")] : problem.Files,
        problem.Repaired);
}

internal sealed record RepairedBackupLine(string Backup, IReadOnlyList<string> FormerIds, IReadOnlyList<string> Files, IReadOnlyList<string> Sources)
{
    public static RepairedBackupLine From(RepairedBackup repaired) =>
        new(repaired.Backup.Id.ToString(), [.. repaired.Backup.FormerIds.Select(id => id.ToString())], repaired.Files, repaired.Sources);
}

/// <summary>What people are told of a repair.</summary>
internal static class RepairText
{
    public static void Write(HumanWriter people, RepairReport report)
    {
        var left = report.Unrepaired.Count();
        people.Line(report.Outcome switch
        {
            RepairOutcome.Sound => "Verified data: every stored byte read, decoded and hashed. There is nothing to repair.",
            RepairOutcome.Repaired when report.DryRun => $"{Quantities.Count(report.Problems.Length, "problem")} found, all of which would be repaired.",
            RepairOutcome.Repaired => $"{Quantities.Count(report.Problems.Length, "problem")} found, and all repaired.",
            _ => $"{Quantities.Count(report.Problems.Length, "problem")} found; {left} cannot be repaired.",
        });
        people.Line(
            $"{Quantities.Count(report.Backups, "backup")}, {Quantities.Count(report.Packs, "pack")}, {Quantities.Count(report.Chunks, "chunk")}; "
            + $"read {Quantities.Bytes(report.BytesRead)}, stored {Quantities.Bytes(report.BytesStored)} in {Quantities.Duration(report.Elapsed)}.");
        foreach (var problem in report.Problems)
        {
            WriteProblem(people, problem, report.DryRun);
        }

        foreach (var repaired in report.BackupsRepaired)
        {
            people.Line();
            people.Line(report.DryRun
                ? $"Backup {repaired.Backup.Id} would be stored anew under a new id:"
                : $"Backup {repaired.Backup.FormerIds[^1]} is {repaired.Backup.Id} now, and still found by its old id:");
            people.Line($"  {Quantities.Count(repaired.Files.Length, "file")} found in {string.Join(", ", repaired.Sources)}");
        }

        if (report.Outcome == RepairOutcome.Incomplete)
        {
            people.Say("Give an index that still has these files with --from, or another repository with --from-repository; `segvault restore --allow-partial` restores what is whole.");
        }
    }

    private static void WriteProblem(HumanWriter people, RepairProblem problem, bool dryRun)
    {
        people.Line();
        people.Line($"{problem.Object}: {problem.Problem}");
        if (problem.Backup is { } backup)
        {
            people.Line($"  harms backup {backup.Id} of '{backup.Name}', {Quantities.LocalTime(backup.Time, people.TimeProvider)}, {Quantities.Count(backup.Documents, "document")}");
        }

        foreach (var file in problem.Files)
        {
            people.Line($"  harms file {file}");
        }

        people.Line(problem.Repaired ? dryRun ? "  would be repaired" : "  repaired" : "  not repaired");
    }
}
