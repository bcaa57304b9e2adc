using System.Collections.Immutable;

namespace Segvault;

/// <summary>The description of one backup: every file, its checksum, and where its bytes are.</summary>
public sealed record BackupManifest
{
    /// <summary>Identifies the backup.</summary>
    public required BackupId Id { get; init; }

    /// <summary>Version of the manifest's format.</summary>
    public required int Version { get; init; }

    /// <summary>When the manifest was written.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the snapshot was pinned: the moment whose state this backup holds.</summary>
    public required DateTimeOffset PinnedAt { get; init; }

    /// <summary>Full or incremental.</summary>
    public required BackupType Type { get; init; }

    /// <summary>The backup that an incremental one was compared with. Restoring does not need it.</summary>
    public BackupId? Base { get; init; }

    /// <summary>The index's name in the repository.</summary>
    public required string Name { get; init; }

    /// <summary>The machine that took the backup.</summary>
    public required string Host { get; init; }

    /// <summary>The index directory, absolute, as the machine that took the backup saw it.</summary>
    public required string IndexPath { get; init; }

    /// <summary>The engine that wrote the index, such as <c>tantivy</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Engine versions found in the files, oldest first, such as <c>0.24.2</c>.</summary>
    public ImmutableArray<string> EngineVersions { get; init; } = [];

    /// <summary>Index format versions found in the files, lowest first.</summary>
    public ImmutableArray<int> FormatVersions { get; init; } = [];

    /// <summary>Segments, in the order of the engine's commit file.</summary>
    public ImmutableArray<SegmentSummary> Segments { get; init; } = [];

    /// <summary>Documents that a search can find.</summary>
    public required long Documents { get; init; }

    /// <summary>Documents deleted and not yet merged away.</summary>
    public long DeletedDocuments { get; init; }

    /// <summary>Free text given with the backup.</summary>
    public string? Note { get; init; }

    /// <summary>Labels given with the backup.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Remarks about the state that was backed up, such as <c>lost-all-documents</c> or <c>damaged</c>.</summary>
    public ImmutableArray<string> Flags { get; init; } = [];

    /// <summary>Canary queries that every drill of this backup asks, as <see cref="DrillQuery.Parse"/> takes them.</summary>
    public ImmutableArray<string> Queries { get; init; } = [];

    /// <summary>Every file, in path order.</summary>
    public required ImmutableArray<BackupFile> Files { get; init; }

    /// <summary>Length of all files together, in bytes.</summary>
    public required long TotalSize { get; init; }

    /// <summary>SHA-256 of what <c>sha256sum</c> prints for the files in path order: identifies the whole content.</summary>
    public required string Checksum { get; init; }

    /// <summary>Bytes that this backup added to the repository's packs.</summary>
    public long BytesStored { get; init; }

    /// <summary>The ids that the backup had before it was repaired, the first one first.</summary>
    public ImmutableArray<BackupId> FormerIds { get; init; } = [];

    /// <summary>The archive's path; null for a backup in a repository.</summary>
    public string? Archive { get; init; }

    internal ImmutableArray<Repositories.PackReference> Packs { get; init; } = [];
}

/// <summary>One segment of an index.</summary>
/// <param name="Id">The engine's id of the segment.</param>
/// <param name="Documents">Documents that a search can find.</param>
/// <param name="DeletedDocuments">Documents deleted and not yet merged away.</param>
public sealed record SegmentSummary(string Id, long Documents, long DeletedDocuments);
