using System.Collections.Immutable;

namespace Segvault;

/// <summary>What a backup did.</summary>
public sealed record BackupResult
{
    /// <summary>The backup that holds the index's state: a new one, or with <see cref="Unchanged"/> an earlier one.</summary>
    public required BackupSummary Backup { get; init; }

    /// <summary>True when nothing had changed and no new backup was made.</summary>
    public bool Unchanged { get; init; }

    /// <summary>True when the index was locked against other backups and restores meanwhile.</summary>
    public bool Locked { get; init; }

    /// <summary>Files in the directory that are not the engine's. They are not part of the backup.</summary>
    public int ForeignFiles { get; init; }

    /// <summary>Bytes read from the index.</summary>
    public long BytesRead { get; init; }

    /// <summary>Bytes of content that were new to the repository, before compression.</summary>
    public long BytesNew { get; init; }

    /// <summary>Bytes added to the repository's packs.</summary>
    public long BytesStored { get; init; }

    /// <summary>Bytes of the repository's packs that an interrupted backup had stored, and that were taken over instead of being stored again.</summary>
    public long BytesResumed { get; init; }

    /// <summary>How long the engine's own lock was held, which delays a commit by at most as much.</summary>
    public TimeSpan EngineLockHeld { get; init; }

    /// <summary>Damaged files of the index: as they are in this backup, or, where a warning says so, in the index alone.</summary>
    public ImmutableArray<string> DamagedFiles { get; init; } = [];

    /// <summary>What a person should know.</summary>
    public ImmutableArray<OperationWarning> Warnings { get; init; } = [];

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>What a backup would do.</summary>
public sealed record BackupPlan
{
    /// <summary>Full or incremental, as it would be recorded.</summary>
    public required BackupType Type { get; init; }

    /// <summary>The backup that this one would be compared with.</summary>
    public BackupId? Base { get; init; }

    /// <summary>The archive that this one would be compared with, by its file name; null for a backup in a repository.</summary>
    public string? BaseArchive { get; init; }

    /// <summary>The archives without which this one could not be restored, by their file names; empty for a backup in a repository.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];

    /// <summary>The backup that already holds this state, when nothing has changed.</summary>
    public BackupSummary? UnchangedSince { get; init; }

    /// <summary>The index's name in the repository.</summary>
    public required string Name { get; init; }

    /// <summary>The engine that wrote the index.</summary>
    public required string Engine { get; init; }

    /// <summary>Documents that a search can find.</summary>
    public required long Documents { get; init; }

    /// <summary>Number of segments.</summary>
    public required int Segments { get; init; }

    /// <summary>Size of the index in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Files that are not the engine's.</summary>
    public int ForeignFiles { get; init; }

    /// <summary>Files, and whether each would be stored or reused.</summary>
    public required ImmutableArray<PlannedFile> Files { get; init; }

    /// <summary>Bytes that would be stored, before compression.</summary>
    public long BytesToStore => Files.Where(file => !file.Reused).Sum(file => file.Length);

    /// <summary>True when the index was locked while the plan was made.</summary>
    public bool Locked { get; init; }

    /// <summary>Damaged files of the index, as far as they were found without reading what would be stored.</summary>
    public ImmutableArray<string> DamagedFiles { get; init; } = [];

    /// <summary>The remarks that would be recorded with the backup.</summary>
    public ImmutableArray<string> Flags { get; init; } = [];

    /// <summary>What a person should know.</summary>
    public ImmutableArray<OperationWarning> Warnings { get; init; } = [];
}

/// <summary>One file of a plan.</summary>
/// <param name="Path">The path inside the index directory.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Reused">True when its bytes are already where they are needed.</param>
public sealed record PlannedFile(string Path, long Length, bool Reused);
