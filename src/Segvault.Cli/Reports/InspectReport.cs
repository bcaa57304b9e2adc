using Segvault.Cli.Output;
using Segvault.Engines;

namespace Segvault.Cli.Reports;

internal sealed record InspectLine() : SummaryLine("inspect")
{
    public required string Index { get; init; }
    public required string Engine { get; init; }
    public required IReadOnlyList<string> EngineVersions { get; init; }
    public required IReadOnlyList<int> FormatVersions { get; init; }
    public required int Segments { get; init; }
    public required long Documents { get; init; }
    public required long DeletedDocuments { get; init; }
    public required int Files { get; init; }
    public required long Bytes { get; init; }
    public required int OrphanFiles { get; init; }
    public required long OrphanBytes { get; init; }
    public required int ForeignFiles { get; init; }
    public required bool? WriterActive { get; init; }
    public required IReadOnlyList<IndexProblem> Problems { get; init; }
    public required double Seconds { get; init; }

    public static InspectLine From(IndexInspection inspection, TimeSpan elapsed) => new()
    {
        Index = inspection.Directory,
        Engine = inspection.Engine,
        EngineVersions = inspection.EngineVersions,
        FormatVersions = inspection.FormatVersions,
        Segments = inspection.Segments.Length,
        Documents = inspection.Documents,
        DeletedDocuments = inspection.DeletedDocuments,
        Files = inspection.Files,
        Bytes = inspection.Bytes,
        OrphanFiles = inspection.OrphanFiles.Length,
        OrphanBytes = inspection.OrphanBytes,
        ForeignFiles = inspection.ForeignFiles.Length,
        WriterActive = inspection.WriterActive,
        Problems = inspection.Problems,
        Seconds = Quantities.Seconds(elapsed),
    };
}

/// <summary>What people are told of an index.</summary>
internal static class InspectText
{
    public static void Write(HumanWriter people, IndexInspection inspection)
    {
        people.Values(
            ("index", inspection.Directory),
            ("engine", TantivyVersions.Describe(inspection.Engine, inspection.EngineVersions, inspection.FormatVersions)),
            ("documents", $"{Quantities.Count(inspection.Documents)} ({Quantities.Count(inspection.DeletedDocuments)} deleted, not yet merged away)"),
            ("segments", Quantities.Count(inspection.Segments.Length)),
            ("size", $"{Quantities.Bytes(inspection.Bytes)} in {Quantities.Count(inspection.Files, "file")}"),
            ("orphans", $"{Quantities.Count(inspection.OrphanFiles.Length, "file")} that no commit refers to, {Quantities.Bytes(inspection.OrphanBytes)}"),
            ("foreign", $"{Quantities.Count(inspection.ForeignFiles.Length, "name")} not the engine's"),
            ("writer", inspection.WriterActive switch { true => "active", false => "none", null => "cannot be found out" }),
            ("checksums", inspection.Problems.IsEmpty ? "all good" : Quantities.Count(inspection.Problems.Length, "problem")));
        foreach (var problem in inspection.Problems)
        {
            people.Line($"{problem.File} {problem.Problem}");
        }
    }
}
