using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

/// <summary>What people are told of a verification of archives.</summary>
internal static class ArchiveVerifyText
{
    public static void Write(HumanWriter people, VerifyReport report)
    {
        const string Scope = "Verified archives: every byte read, decompressed and hashed";
        people.Line(report.Problems.IsEmpty ? $"{Scope}." : $"{Scope} - except {Quantities.Count(report.Problems.Length, "problem")}.");
        people.Line(
            $"{Quantities.Count(report.Backups, "backup")} in {Quantities.Count(report.Packs, "archive")}, {Quantities.Count(report.Chunks, "file")}; "
            + $"read {Quantities.Bytes(report.BytesRead)} in {Quantities.Duration(report.Elapsed)}.");
        VerifyText.WriteProblems(people, report);
        if (!report.Problems.IsEmpty)
        {
            people.Say("Fetch another copy of what is damaged or missing, or make a new full archive. What does not need it can still be restored.");
        }
    }
}
