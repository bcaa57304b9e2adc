using System.Collections.Immutable;

namespace Segvault;

/// <summary>How a backup is taken.</summary>
public sealed record BackupOptions
{
    /// <summary>Incremental, the default, or full.</summary>
    public BackupType Type { get; init; } = BackupType.Incremental;

    /// <summary>The index's name in the repository; null means the directory's name.</summary>
    public string? Name { get; init; }

    /// <summary>Free text to keep with the backup.</summary>
    public string? Note { get; init; }

    /// <summary>Labels to keep with the backup.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Canary queries to keep with the backup: every drill of it asks them. The next backup does not inherit them.</summary>
    public ImmutableArray<DrillQuery> Queries { get; init; } = [];

    /// <summary>How long to wait for the index's lock, and with <see cref="RequireIdle"/> for its writer. Zero, the default, means not at all.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.Zero;

    /// <summary>Read and check every file, also those that the repository already has.</summary>
    public bool Rehash { get; init; }

    /// <summary>How hard to compress; <see cref="BackupCompression.Auto"/> is the default.</summary>
    public BackupCompression Compression { get; init; } = BackupCompression.Auto;

    /// <summary>At most so many bytes of the index are read in a second, for the sake of what else runs there; null, the default, means as many as can be.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Hold the engine's writer lock for the whole backup instead of taking a snapshot beside a live writer.</summary>
    public bool RequireIdle { get; init; }

    /// <summary>Take the backup although files of the index are damaged, and record which.</summary>
    public bool AllowDamaged { get; init; }

    /// <summary>The name of the lock; null means one derived from the index directory's path. Only used with a lock provider.</summary>
    public string? LockName { get; init; }
}
