using System.Collections.Immutable;

namespace Segvault;

/// <summary>How a repository stands, from its log: what is stored was not looked at.</summary>
public sealed record RepositoryStatus
{
    /// <summary>Every index that has backups, and the one that was asked for if it has none, by name.</summary>
    public required ImmutableArray<IndexStatus> Indexes { get; init; }

    /// <summary>Packs that a live backup needs and that were last found bad, by their names in the store.</summary>
    public required ImmutableArray<string> BadPacks { get; init; }

    /// <summary>What is wrong, as sentences; empty when nothing is.</summary>
    public required ImmutableArray<string> Problems { get; init; }

    /// <summary>True when nothing is wrong.</summary>
    public bool IsHealthy => Problems.IsEmpty;
}

/// <summary>How the backups of one index stand.</summary>
public sealed record IndexStatus
{
    /// <summary>The index's name in the repository.</summary>
    public required string Name { get; init; }

    /// <summary>The newest backup; null when there is none.</summary>
    public BackupSummary? Newest { get; init; }

    /// <summary>Time since the index was last known to hold the state of the newest backup: its snapshot, or a later one that found nothing changed, was pinned.</summary>
    public TimeSpan? NewestAge { get; init; }

    /// <summary>The newest backup whose last drill was passed; null when there is none.</summary>
    public BackupSummary? Proven { get; init; }

    /// <summary>Time since the index was last known to hold the state of that backup, or since the drill where that is longer ago.</summary>
    public TimeSpan? ProvenAge { get; init; }

    /// <summary>When that backup passed its last drill.</summary>
    public DateTimeOffset? ProvenAt { get; init; }

    /// <summary>What the newest backup is marked for and nobody has confirmed.</summary>
    public ImmutableArray<string> Flags { get; init; } = [];

    /// <summary>What is wrong, as sentences; empty when nothing is.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];
}
