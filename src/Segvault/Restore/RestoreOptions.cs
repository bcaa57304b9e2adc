using Segvault.IO;

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

    /// <summary>
    /// Restore what is whole of a backup that is partly lost, into a new or empty directory. Every file is read twice then. It does not go with
    /// <see cref="IfTargetExists.Replace"/>, and archives are restored whole or not at all.
    /// </summary>
    public bool AllowPartial { get; init; }

    /// <summary>Keep the replaced index beside the target.</summary>
    public bool KeepPrevious { get; init; }

    /// <summary>
    /// Owner of the restored index as <c>USER</c>, <c>USER:GROUP</c> or <c>:GROUP</c>, by name or number. Null, the default, means: that of
    /// the index replaced; else the recorded one, by name, where it exists; else that of the directory around the files.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such user or group here, or owners cannot be set on this system.</exception>
    public string? Owner
    {
        get;
        init
        {
            try
            {
                if (value is not null)
                    FileOwnership.Parse(value);
            }
            catch (FormatException exception)
            {
                throw new ArgumentException(exception.Message, nameof(value), exception);
            }

            field = value;
        }
    }

    /// <summary>How long to wait for the target's locks. Zero, the default, means not at all.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.Zero;

    /// <summary>The name of the lock; null means one derived from the target's path. Only used with a lock provider.</summary>
    public string? LockName { get; init; }

    /// <summary>
    /// An index whose files take the place of those in archives that are lost, where their SHA-256 is the one needed. Null means none. Repositories do
    /// not need it.
    /// </summary>
    public string? ReuseFrom { get; init; }
}
