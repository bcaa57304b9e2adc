namespace Segvault;

/// <summary>How a snapshot is made.</summary>
public sealed record SnapshotOptions
{
    /// <summary>How long to wait for the index's lock, and with <see cref="RequireIdle"/> for its writer. Zero, the default, means not at all.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.Zero;

    /// <summary>Hold the engine's writer lock until the snapshot is there, instead of making it beside a live writer.</summary>
    public bool RequireIdle { get; init; }

    /// <summary>Make the snapshot although files of the index are damaged, and name them.</summary>
    public bool AllowDamaged { get; init; }

    /// <summary>The name of the lock; null means one derived from the index directory's path. Only used with a lock provider.</summary>
    public string? LockName { get; init; }
}
