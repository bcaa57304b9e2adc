using System.Collections.Immutable;

namespace Segvault.Engines;

/// <summary>What is known of an index from looking at it.</summary>
public sealed record IndexInspection
{
    /// <summary>The index directory.</summary>
    public required string Directory { get; init; }

    /// <summary>The engine's name.</summary>
    public required string Engine { get; init; }

    /// <summary>Engine versions found in the footers, oldest first.</summary>
    public ImmutableArray<string> EngineVersions { get; init; } = [];

    /// <summary>Index format versions found in the footers, lowest first.</summary>
    public ImmutableArray<int> FormatVersions { get; init; } = [];

    /// <summary>Segments.</summary>
    public ImmutableArray<SegmentSummary> Segments { get; init; } = [];

    /// <summary>Documents that a search can find.</summary>
    public long Documents => Segments.Sum(segment => segment.Documents);

    /// <summary>Documents deleted and not yet merged away.</summary>
    public long DeletedDocuments => Segments.Sum(segment => segment.DeletedDocuments);

    /// <summary>Live files.</summary>
    public required int Files { get; init; }

    /// <summary>Length of the live files together, in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Files of the engine that no commit refers to.</summary>
    public ImmutableArray<string> OrphanFiles { get; init; } = [];

    /// <summary>Length of the orphans together, in bytes.</summary>
    public long OrphanBytes { get; init; }

    /// <summary>Names in the directory that are not the engine's.</summary>
    public ImmutableArray<string> ForeignFiles { get; init; } = [];

    /// <summary>True when a writer holds the index at this moment; null when that cannot be found out.</summary>
    public bool? WriterActive { get; init; }

    /// <summary>What is wrong; empty when nothing is, as far as was looked.</summary>
    public ImmutableArray<IndexProblem> Problems { get; init; } = [];
}

/// <summary>Something wrong with a file of an index.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Problem">What is wrong with it, as the end of a sentence that begins with its name.</param>
public sealed record IndexProblem(string File, string Problem);
