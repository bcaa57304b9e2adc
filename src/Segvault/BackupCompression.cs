namespace Segvault;

/// <summary>How much time a backup spends on taking up less room. What it stores is read back alike.</summary>
public enum BackupCompression
{
    /// <summary>The engine's own compression of stored documents is taken off and a better one put on, at a level that keeps up with disks; all else is compressed quickly.</summary>
    Auto,

    /// <summary>Everything is compressed quickly, as it is.</summary>
    Fast,

    /// <summary>As <see cref="Auto"/>, at levels that take longer.</summary>
    Max,
}
