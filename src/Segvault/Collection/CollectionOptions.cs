using System.Collections.Immutable;

namespace Segvault;

/// <summary>What <see cref="BackupRepository.CollectAsync"/> may take.</summary>
public sealed record CollectionOptions
{
    /// <summary>
    /// How long a removed backup can still be brought back, and how long an object that belongs to no backup is left to whoever may be writing it.
    /// A day unless said otherwise; zero when the disk is full. What an upload under way holds in the log is left alone for two hours at least.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(24);
}

/// <summary>What a collection would do.</summary>
public sealed record CollectionPlan
{
    /// <summary>Removed backups that can no longer be brought back afterwards, oldest first.</summary>
    public required ImmutableArray<BackupSummary> Backups { get; init; }

    /// <summary>Packs that would be erased.</summary>
    public required int Packs { get; init; }

    /// <summary>Of those, the packs that no earlier collection condemned.</summary>
    public required int PacksToCondemn { get; init; }

    /// <summary>Bytes that would be freed.</summary>
    public required long BytesFreed { get; init; }

    /// <summary>Bytes of objects that no live backup needs, and that are left alone because they are too young or belong to an upload under way.</summary>
    public required long BytesWaiting { get; init; }
}

/// <summary>What a collection did.</summary>
public sealed record CollectionResult
{
    /// <summary>Removed backups that can no longer be brought back, oldest first.</summary>
    public required ImmutableArray<BackupSummary> Backups { get; init; }

    /// <summary>Packs that this collection condemned.</summary>
    public required int PacksCondemned { get; init; }

    /// <summary>Packs that this collection deleted.</summary>
    public required int PacksErased { get; init; }

    /// <summary>Bytes that this collection freed: packs, manifests, and what interrupted uploads had left.</summary>
    public required long BytesFreed { get; init; }

    /// <summary>Bytes of objects that no live backup needs, and that were left alone because they are too young or belong to an upload under way.</summary>
    public required long BytesWaiting { get; init; }

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }
}
