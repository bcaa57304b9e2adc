namespace Segvault;

/// <summary>What to do when the target of a restore already exists and is not empty.</summary>
public enum IfTargetExists
{
    /// <summary>Refuse.</summary>
    Fail,

    /// <summary>Replace it, but only when it holds an index of the same engine.</summary>
    Replace,
}

/// <summary>How a backup is restored.</summary>
public sealed record RestoreOptions
{
    /// <summary>What to do when the target exists; the default refuses.</summary>
    public IfTargetExists IfTargetExists { get; init; } = IfTargetExists.Fail;

    /// <summary>Replace file by file inside the directory instead of exchanging the whole directory.</summary>
    public bool InPlace { get; init; }

    /// <summary>Keep the replaced index beside the target.</summary>
    public bool KeepPrevious { get; init; }

    /// <summary>Owner of the restored files as <c>USER</c> or <c>USER:GROUP</c>, by name or number; null means as the documentation says.</summary>
    public string? Owner { get; init; }

    /// <summary>How long to wait for the target's locks. Zero, the default, means not at all.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.Zero;

    /// <summary>The name of the lock; null means one derived from the target's path. Only used with a lock provider.</summary>
    public string? LockName { get; init; }
}
