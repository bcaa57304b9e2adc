namespace Segvault.Testing;

/// <summary>How an index is made, and how it is written once it is open.</summary>
internal sealed record TantivyIndexOptions
{
    /// <summary>Compression of the stored documents, of a new index only: "lz4" or "none" (this build of Tantivy has no zstd).</summary>
    public string DocStore { get; init; } = "lz4";

    /// <summary>Whether text fields of a new index keep positions, which phrase queries need.</summary>
    public bool Positions { get; init; } = true;

    /// <summary>Indexing threads: a commit writes up to one segment for each.</summary>
    public int WriterThreads { get; init; } = 1;

    /// <summary>Megabytes that a thread may fill before it writes a segment; Tantivy wants at least 15.</summary>
    public int MemoryPerThread { get; init; } = 15;
}
