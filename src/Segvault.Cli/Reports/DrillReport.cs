using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record DrillLine() : SummaryLine("drill")
{
    public required string? Backup { get; init; }
    public required string Verdict { get; init; }
    public required bool EngineOpened { get; init; }
    public required long Documents { get; init; }
    public required IReadOnlyList<DrillAnswerLine> Queries { get; init; }
    public required IReadOnlyList<string> Problems { get; init; }
    public required double Seconds { get; init; }
    public required IReadOnlyList<DrilledBackup> Drills { get; init; }

    /// <summary>Of several drills, what holds for all together; each by itself is in the list.</summary>
    public static DrillLine From(IReadOnlyList<DrillResult> results, IReadOnlyList<UndoneDrill> failures) => new()
    {
        Backup = results is [var only] && failures is [] ? only.Backup.Id.ToString() : null,
        Verdict = DrilledBackup.VerdictOf(failures is [] && results.All(result => result.Passed)),
        EngineOpened = results.All(result => result.EngineOpened),
        Documents = results.Sum(result => result.Documents),
        Queries = [.. results.SelectMany(result => result.Queries).Select(DrillAnswerLine.From)],
        Problems = [.. results.SelectMany(result => result.Problems), .. failures.Select(failure => failure.Failure.Message)],
        Seconds = Quantities.Seconds(TimeSpan.FromTicks(results.Sum(result => result.Elapsed.Ticks))),
        Drills = [.. results.Select(DrilledBackup.From), .. failures.Select(DrilledBackup.From)],
    };
}

/// <summary>A drill that could not be done, which says nothing of the backup.</summary>
internal sealed record UndoneDrill(BackupSummary Backup, Exception Failure);

/// <summary>One drill.</summary>
internal sealed record DrilledBackup
{
    public required string Backup { get; init; }
    public required string Name { get; init; }
    public required string Verdict { get; init; }
    public required bool EngineOpened { get; init; }
    public required long Documents { get; init; }
    public required IReadOnlyList<DrillAnswerLine> Queries { get; init; }
    public required IReadOnlyList<string> Problems { get; init; }
    public required double Seconds { get; init; }

    public static DrilledBackup From(DrillResult result) => new()
    {
        Backup = result.Backup.Id.ToString(),
        Name = result.Backup.Name,
        Verdict = VerdictOf(result.Passed),
        EngineOpened = result.EngineOpened,
        Documents = result.Documents,
        Queries = [.. result.Queries.Select(DrillAnswerLine.From)],
        Problems = result.Problems,
        Seconds = Quantities.Seconds(result.Elapsed),
    };

    public static DrilledBackup From(UndoneDrill undone) => new()
    {
        Backup = undone.Backup.Id.ToString(),
        Name = undone.Backup.Name,
        Verdict = "not-done",
        EngineOpened = false,
        Documents = 0,
        Queries = [],
        Problems = [undone.Failure.Message],
        Seconds = 0,
    };

    public static string VerdictOf(bool passed) => passed ? "passed" : "failed";
}

internal sealed record DrillAnswerLine(string Query, long? Hits, string Expected)
{
    public static DrillAnswerLine From(DrillAnswer answer) => new(answer.Query.Query, answer.Hits, answer.Query.Expected);
}

/// <summary>What people are told of drills.</summary>
internal static class DrillText
{
    public static void Write(HumanWriter people, IReadOnlyList<DrillResult> results, IReadOnlyList<UndoneDrill> failures)
    {
        foreach (var result in results)
        {
            var backup = result.Backup;
            people.Line(
                $"Backup {backup.Id.ToShortString()} of '{backup.Name}' {(result.Passed ? "passed" : "FAILED")}: restored, checked"
                + $"{(result.EngineOpened ? " and opened by the engine" : "; the engine itself did not open it, only Segvault's own checks ran")}; "
                + $"{Quantities.Count(result.Documents, "document")}, {Quantities.Duration(result.Elapsed)}.");
            foreach (var answer in result.Queries)
            {
                people.Line($"  {answer.Query.Query}: {(answer.Hits is { } hits ? Quantities.Count(hits, "hit") : "no answer")}, expected {answer.Query.Expected}");
            }

            foreach (var problem in result.Problems)
            {
                people.Line($"  ! {problem}");
            }
        }

        foreach (var (backup, failure) in failures)
        {
            people.Line($"Backup {backup.Id.ToShortString()} of '{backup.Name}' could NOT be tried: {failure.Message}");
        }
    }
}
