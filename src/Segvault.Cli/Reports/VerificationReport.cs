using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record VerifyLine(string Command) : SummaryLine(Command)
{
    public required string Level { get; init; }
    public required int Backups { get; init; }
    public required int Packs { get; init; }
    public required int PacksRead { get; init; }
    public required long Chunks { get; init; }
    public required long BytesRead { get; init; }
    public required IReadOnlyList<VerifyProblemLine> Problems { get; init; }
    public required double Seconds { get; init; }

    public static VerifyLine From(string command, VerifyReport report) => new(command)
    {
        Level = Names.Of(report.Level),
        Backups = report.Backups,
        Packs = report.Packs,
        PacksRead = report.PacksRead,
        Chunks = report.Chunks,
        BytesRead = report.BytesRead,
        Problems = [.. report.Problems.Select(VerifyProblemLine.From)],
        Seconds = Quantities.Seconds(report.Elapsed),
    };
}

internal sealed record VerifyProblemLine(string Object, string Problem, IReadOnlyList<string> Backups, IReadOnlyList<string> Indexes, IReadOnlyList<string> Files)
{
    public static VerifyProblemLine From(VerifyProblem problem) =>
        new(problem.Object, problem.Problem, [.. problem.Backups.Select(backup => backup.ToString())], problem.Indexes, problem.Files);
}

/// <summary>What people are told of a verification.</summary>
internal static class VerifyText
{
    public static void Write(HumanWriter people, VerifyReport report)
    {
        var scope = report.Level switch
        {
            VerifyLevel.Objects => "Verified objects: the log is whole, and everything referenced is there at its size",
            VerifyLevel.Structure => "Verified structure: everything referenced is there, tables and manifests agree",
            _ when report.PacksRead < report.Packs =>
                $"Verified data of {report.PacksRead} of {Quantities.Count(report.Packs, "pack")}: every stored byte of them read, decoded and hashed, of the others structure",
            _ => "Verified data: every stored byte read, decoded and hashed",
        };
        people.Line(report.Problems.IsEmpty ? $"{scope}." : $"{scope} - except {Quantities.Count(report.Problems.Length, "problem")}.");
        people.Line(
            $"{Quantities.Count(report.Backups, "backup")}, {Quantities.Count(report.Packs, "pack")}, {Quantities.Count(report.Chunks, "chunk")}; "
            + $"read {Quantities.Bytes(report.BytesRead)} in {Quantities.Duration(report.Elapsed)}.");
        WriteProblems(people, report);
        if (!report.Problems.IsEmpty)
        {
            people.Say("The next backup of an index stores again what is missing of it. Back up now, then verify again; older backups that are harmed stay harmed.");
        }
        else if (report.Level != VerifyLevel.Data)
        {
            people.Say("The stored bytes themselves were not read; --read-data does that.");
        }
    }

    public static void WriteProblems(HumanWriter people, VerifyReport report)
    {
        foreach (var problem in report.Problems)
        {
            people.Line();
            people.Line($"{problem.Object}: {problem.Problem}");
            if (!problem.Indexes.IsEmpty)
            {
                people.Line($"  harms index {string.Join(", ", problem.Indexes)}");
            }

            foreach (var backup in problem.Backups)
            {
                people.Line($"  harms backup {backup}");
            }

            foreach (var file in problem.Files)
            {
                people.Line($"  harms file {file}");
            }
        }
    }
}
