using System.Collections.Immutable;
using Segvault.Backup;

namespace Segvault;

/// <summary>What a list shows of a backup, read from the repository's log alone.</summary>
public sealed record BackupSummary
{
    /// <summary>Identifies the backup.</summary>
    public required BackupId Id { get; init; }

    /// <summary>Full or incremental.</summary>
    public required BackupType Type { get; init; }

    /// <summary>The backup that an incremental one was compared with.</summary>
    public BackupId? Base { get; init; }

    /// <summary>When the snapshot was pinned.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>
    /// When a later backup last found nothing changed and so stored nothing: the snapshot's time, recorded at most once an hour; null when none did.
    /// </summary>
    public DateTimeOffset? UnchangedAt { get; init; }

    /// <summary>The index's name in the repository.</summary>
    public required string Name { get; init; }

    /// <summary>The machine that took the backup.</summary>
    public required string Host { get; init; }

    /// <summary>The index directory as that machine saw it.</summary>
    public required string Path { get; init; }

    /// <summary>The engine that wrote the index.</summary>
    public required string Engine { get; init; }

    /// <summary>Documents that a search can find.</summary>
    public required long Documents { get; init; }

    /// <summary>Number of segments.</summary>
    public required int Segments { get; init; }

    /// <summary>Number of files.</summary>
    public required int Files { get; init; }

    /// <summary>Size of the index in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes that this backup added to the repository.</summary>
    public required long BytesStored { get; init; }

    /// <summary>Free text given with the backup.</summary>
    public string? Note { get; init; }

    /// <summary>Labels given with the backup.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Remarks about the state that was backed up, such as <c>lost-all-documents</c>.</summary>
    public ImmutableArray<string> Flags { get; init; } = [];

    /// <summary>True when a person said that what the backup is marked for is as it should be.</summary>
    public bool Confirmed { get; init; }

    /// <summary>True when the backup has a mark that speaks against it, and nobody has said that it is as it should be.</summary>
    public bool IsSuspicious => !Confirmed && Flags.Any(flag => flag != BackupFlag.Imported);

    /// <summary>The ids that the backup had before it was repaired, the first one first. It is still found by each of them.</summary>
    public ImmutableArray<BackupId> FormerIds { get; init; } = [];

    /// <summary>The archive's path; null for a backup in a repository.</summary>
    public string? Archive { get; init; }

    /// <summary>The archive that an incremental one was compared with, by its file name; null for a backup in a repository.</summary>
    public string? BaseArchive { get; init; }

    /// <summary>The other archives without which this one cannot be restored, by their file names; empty for a backup in a repository.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];

    /// <summary>Those of them that are not there as they were when this one was made.</summary>
    public ImmutableArray<string> Missing { get; init; } = [];
}
