using System.Collections.Immutable;

namespace Segvault;

/// <summary>What differs between two backups. Files are told apart by path and SHA-256, segments by the engine's id.</summary>
public sealed record BackupComparison
{
    /// <summary>The backup that is compared.</summary>
    public required BackupManifest First { get; init; }

    /// <summary>The backup that it is compared with.</summary>
    public required BackupManifest Second { get; init; }

    /// <summary>Files that only the second backup has, in path order.</summary>
    public required ImmutableArray<BackupFile> Added { get; init; }

    /// <summary>Files that only the first backup has, in path order.</summary>
    public required ImmutableArray<BackupFile> Removed { get; init; }

    /// <summary>Files that both have, with other content, in path order.</summary>
    public required ImmutableArray<ChangedFile> Changed { get; init; }

    /// <summary>Number of files that both have with the same content.</summary>
    public required int EqualFiles { get; init; }

    /// <summary>Length of these files together, in bytes.</summary>
    public required long EqualBytes { get; init; }

    /// <summary>Segments that only the second backup has.</summary>
    public required ImmutableArray<SegmentSummary> SegmentsAdded { get; init; }

    /// <summary>Segments that only the first backup has.</summary>
    public required ImmutableArray<SegmentSummary> SegmentsRemoved { get; init; }

    /// <summary>Segments that both have, with other documents deleted in them.</summary>
    public required ImmutableArray<ChangedSegment> SegmentsChanged { get; init; }

    /// <summary>True when both backups hold the same files with the same content.</summary>
    public bool IsEqual => Added.IsEmpty && Removed.IsEmpty && Changed.IsEmpty;
}

/// <summary>One file in two backups.</summary>
/// <param name="First">As the first backup has it.</param>
/// <param name="Second">As the second backup has it.</param>
public sealed record ChangedFile(BackupFile First, BackupFile Second);

/// <summary>One segment in two backups.</summary>
/// <param name="First">As the first backup has it.</param>
/// <param name="Second">As the second backup has it.</param>
public sealed record ChangedSegment(SegmentSummary First, SegmentSummary Second);
