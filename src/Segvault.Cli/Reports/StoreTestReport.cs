using System.Globalization;
using Segvault.Cli.Output;
using Segvault.Storage;

namespace Segvault.Cli.Reports;

internal sealed record StoreTestLine(string Command) : SummaryLine(Command)
{
    public required string Repository { get; init; }
    public required bool Passed { get; init; }
    public required IReadOnlyList<StoreCheckLine> Checks { get; init; }
    public required double Seconds { get; init; }

    public static StoreTestLine From(string command, StoreConformanceReport report) => new(command)
    {
        Repository = report.Location,
        Passed = report.Passed,
        Checks = [.. report.Checks.Select(StoreCheckLine.From)],
        Seconds = Quantities.Seconds(report.Elapsed),
    };
}

internal sealed record StoreCheckLine(string Check, bool Passed, string? Problem, double Seconds)
{
    public static StoreCheckLine From(StoreCheckResult result) => new(result.Check, result.Passed, result.Problem, Quantities.Seconds(result.Elapsed));
}

/// <summary>What people are told of a place that was tried out.</summary>
internal static class StoreTestText
{
    public static void Write(HumanWriter people, StoreConformanceReport report)
    {
        var failed = report.Checks.Where(check => !check.Passed).ToList();
        people.Line(failed.Count == 0
            ? $"{report.Location} can hold a repository: all {report.Checks.Length} rules hold ({Quantities.Duration(report.Elapsed)})."
            : $"{report.Location} must not hold a repository: {Quantities.Count(failed.Count, "rule")} of {report.Checks.Length} broken ({Quantities.Duration(report.Elapsed)}).");
        people.Table(["Check", ">Seconds", "Rule"], report.Checks.Select(check => (string[])
        [
            check.Check,
            Quantities.Seconds(check.Elapsed).ToString("0.0", CultureInfo.InvariantCulture),
            check.Passed ? check.Rule : $"BROKEN: {check.Rule}",
        ]));
        foreach (var check in failed)
        {
            people.Line($"{check.Check}: {check.Problem}");
        }

        if (failed.Count > 0)
        {
            people.Say("Keep backups in another place, or on another file system: what this one does could lose them.");
        }
    }
}
