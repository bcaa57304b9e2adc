using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record DemoLine() : SummaryLine("demo")
{
    public required string Index { get; init; }
    public required long Documents { get; init; }
    public required int Segments { get; init; }
    public required int Files { get; init; }
    public required long Bytes { get; init; }
    public required long BytesStored { get; init; }

    /// <summary>Restored files whose SHA-256 is that of the manifest.</summary>
    public required int FilesEqual { get; init; }

    /// <summary>Restored files compared with the live index as well; the others were merged away meanwhile.</summary>
    public required int FilesEqualToLive { get; init; }
    public required long DocumentsRestored { get; init; }

    /// <summary>Where the repository and the restored index were kept; null when they were removed.</summary>
    public required string? Kept { get; init; }
    public required IReadOnlyList<string> Problems { get; init; }
    public required double BackupSeconds { get; init; }
    public required double VerifySeconds { get; init; }
    public required double RestoreSeconds { get; init; }
    public required double Seconds { get; init; }
}

/// <summary>What people are told at the end of a demo.</summary>
internal static class DemoText
{
    public static void Write(HumanWriter people, DemoLine demo)
    {
        people.Values(
            ("index", demo.Index),
            ("documents", $"{Quantities.Count(demo.Documents)}, restored {Quantities.Count(demo.DocumentsRestored)}"),
            ("files", $"{demo.FilesEqual} of {demo.Files} restored with equal SHA-256; {demo.FilesEqualToLive} compared with the live index"),
            ("size", $"{Quantities.Bytes(demo.Bytes)} in {Quantities.Count(demo.Segments, "segment")}, stored as {Quantities.Bytes(demo.BytesStored)}"),
            ("backup", Time(demo.BackupSeconds)),
            ("verify", Time(demo.VerifySeconds)),
            ("restore", Time(demo.RestoreSeconds)),
            ("kept in", demo.Kept));
        foreach (var problem in demo.Problems)
        {
            people.Line($"problem: {problem}");
        }

        people.Line(demo.Problems.Count > 0
            ? "Something is wrong with this index or its backup: see above."
            : demo.Kept is null
                ? "Backed up, verified, restored, equal. Everything has been removed again; the index was not touched."
                : "Backed up, verified, restored, equal. The index was not touched.");
    }

    private static string Time(double seconds) => Quantities.Duration(TimeSpan.FromSeconds(seconds));
}
