using System.Collections.Immutable;

namespace Segvault;

/// <summary>What a snapshot is and how it came about.</summary>
public sealed record SnapshotResult
{
    /// <summary>The index directory, every symbolic link followed.</summary>
    public required string Index { get; init; }

    /// <summary>The directory of the snapshot, every symbolic link followed.</summary>
    public required string Directory { get; init; }

    /// <summary>The engine that wrote the index.</summary>
    public required string Engine { get; init; }

    /// <summary>When the snapshot was pinned.</summary>
    public required DateTimeOffset PinnedAt { get; init; }

    /// <summary>Documents that a search can find.</summary>
    public required long Documents { get; init; }

    /// <summary>Number of segments.</summary>
    public required int Segments { get; init; }

    /// <summary>Number of files of the commit. What the engine needs beside them, such as <c>.managed.json</c>, is made anew and not counted.</summary>
    public int Files => Linked + Cloned + Copied;

    /// <summary>Length of these files together, in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Files that are the index's own under a second name.</summary>
    public required int Linked { get; init; }

    /// <summary>Files that share blocks with the index's until either is written to.</summary>
    public required int Cloned { get; init; }

    /// <summary>Files that were copied, and checked on the way.</summary>
    public required int Copied { get; init; }

    /// <summary>Names in the index directory that are not the engine's. They are not part of the snapshot.</summary>
    public int ForeignFiles { get; init; }

    /// <summary>True when the index was locked against backups and restores meanwhile.</summary>
    public bool Locked { get; init; }

    /// <summary>How long the engine's own lock was held, which delays a commit by at most as much.</summary>
    public TimeSpan EngineLockHeld { get; init; }

    /// <summary>Damaged files of the index, as far as that was found without reading what was linked or cloned.</summary>
    public ImmutableArray<string> DamagedFiles { get; init; } = [];

    /// <summary>True once the snapshot has been removed again.</summary>
    public bool Removed { get; init; }

    /// <summary>What a person should know.</summary>
    public ImmutableArray<OperationWarning> Warnings { get; init; } = [];

    /// <summary>Time that making the snapshot took.</summary>
    public TimeSpan Elapsed { get; init; }
}
