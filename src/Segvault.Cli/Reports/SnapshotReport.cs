using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record SnapshotLine() : SummaryLine("snapshot")
{
    public required string Index { get; init; }
    public required string Snapshot { get; init; }
    public required string Engine { get; init; }
    public required long Documents { get; init; }
    public required int Segments { get; init; }
    public required int Files { get; init; }
    public required int ForeignFiles { get; init; }
    public required long Bytes { get; init; }
    public required int Linked { get; init; }
    public required int Cloned { get; init; }
    public required int Copied { get; init; }
    public required bool Locked { get; init; }
    public required IReadOnlyList<string> DamagedFiles { get; init; }
    public required bool Removed { get; init; }
    public required double Seconds { get; init; }

    public static SnapshotLine From(SnapshotResult result) => new()
    {
        Index = result.Index,
        Snapshot = result.Directory,
        Engine = result.Engine,
        Documents = result.Documents,
        Segments = result.Segments,
        Files = result.Files,
        ForeignFiles = result.ForeignFiles,
        Bytes = result.Bytes,
        Linked = result.Linked,
        Cloned = result.Cloned,
        Copied = result.Copied,
        Locked = result.Locked,
        DamagedFiles = result.DamagedFiles,
        Removed = result.Removed,
        Seconds = Quantities.Seconds(result.Elapsed),
    };
}

/// <summary>What people are told of a snapshot.</summary>
internal static class SnapshotText
{
    public static void Write(HumanWriter people, SnapshotResult result)
    {
        (int Count, string Way)[] ways = [(result.Linked, "linked"), (result.Cloned, "cloned"), (result.Copied, "copied")];
        var taken = string.Join(", ", ways.Where(way => way.Count > 0).Select(way => $"{Quantities.Count(way.Count)} {way.Way}"));
        people.Say(
            $"Snapshot of {result.Index} made in {result.Directory}: {Quantities.Count(result.Documents, "document")} in "
            + $"{Quantities.Count(result.Segments, "segment")}, {Quantities.Count(result.Files, "file")}, {Quantities.Bytes(result.Bytes)}; "
            + $"{taken} in {Quantities.Duration(result.Elapsed)}.");
        if (result.ForeignFiles > 0)
        {
            people.Say($"{Quantities.Count(result.ForeignFiles, "name")} in the directory {(result.ForeignFiles == 1 ? "is" : "are")} not the engine's and not part of the snapshot.");
        }

        foreach (var file in result.DamagedFiles)
        {
            people.Say($"Damaged: {file}");
        }

        if (result.Removed)
        {
            people.Say("The snapshot was removed after the command.");
        }
        else if (result.Linked > 0)
        {
            people.Say("Linked files are the index's own under a second name: read them, delete them, and change nothing in them.");
        }
    }
}
