using System.Collections.Immutable;

namespace Segvault;

/// <summary>The base of every failure that Segvault itself reports. The message says what happened and to what; the hint says what to do next.</summary>
public class SegvaultException : Exception
{
    /// <summary>Makes one. <paramref name="code"/> is one of <see cref="ErrorCode"/>.</summary>
    public SegvaultException(string code, string message, string? hint = null, Exception? innerException = null, bool isTransient = false)
        : base(message, innerException)
    {
        Code = code;
        Hint = hint;
        IsTransient = isTransient;
    }

    /// <summary>Stable code, one of <see cref="ErrorCode"/>, listed in docs/errors.md.</summary>
    public string Code { get; }

    /// <summary>What to do next, as one sentence.</summary>
    public string? Hint { get; }

    /// <summary>True when the same call may succeed later without anything being changed.</summary>
    public bool IsTransient { get; }
}

/// <summary>No repository is at the place named.</summary>
public sealed class RepositoryNotFoundException(string location, string message, string? hint = null)
    : SegvaultException(ErrorCode.RepositoryNotFound, message, hint)
{
    /// <summary>Where a repository was looked for.</summary>
    public string Location { get; } = location;
}

/// <summary>The repository was written by a newer version that this one must not touch.</summary>
public sealed class UnsupportedFormatException(string message, string? hint = null)
    : SegvaultException(ErrorCode.RepositoryNewer, message, hint ?? "Update Segvault.");

/// <summary>No backup fits what was asked for, or several do.</summary>
public sealed class BackupNotFoundException(string code, string message, string? hint = null, ImmutableArray<BackupId> candidates = default)
    : SegvaultException(code, message, hint)
{
    /// <summary>The backups that fit, when several do.</summary>
    public ImmutableArray<BackupId> Candidates { get; } = candidates.IsDefault ? [] : candidates;
}

/// <summary>A directory does not hold an index of any engine known here.</summary>
public sealed class NotAnIndexException(string path, string message, string? hint = null)
    : SegvaultException(ErrorCode.NotAnIndex, message, hint)
{
    /// <summary>The directory.</summary>
    public string Path { get; } = path;
}

/// <summary>Somebody else holds the index: another Segvault (<see cref="ErrorCode.IndexLocked"/>) or its writer (<see cref="ErrorCode.WriterActive"/>).</summary>
public sealed class IndexBusyException(string code, string message, string? hint = null, string? holder = null)
    : SegvaultException(code, message, hint, isTransient: true)
{
    /// <summary>Who holds it, where that is known.</summary>
    public string? Holder { get; } = holder;
}

/// <summary>A safety rule refused the operation. The hint names the option that allows it.</summary>
public sealed class RefusedException(string code, string message, string? hint = null, ImmutableArray<string> files = default)
    : SegvaultException(code, message, hint)
{
    /// <summary>The files concerned, where there are any.</summary>
    public ImmutableArray<string> Files { get; } = files.IsDefault ? [] : files;
}

/// <summary>Damage was found: in a repository object, or in the files of an index.</summary>
public sealed class DamageException(string code, string damagedObject, string message, string? hint = null, Exception? innerException = null)
    : SegvaultException(code, message, hint, innerException)
{
    /// <summary>The object or file that is damaged.</summary>
    public string DamagedObject { get; } = damagedObject;
}

/// <summary>A commit was attempted and its outcome could not be found out: the backup may or may not exist.</summary>
public sealed class CommitOutcomeUnknownException(string entry, string message, string? hint = null, Exception? innerException = null)
    : SegvaultException(ErrorCode.OutcomeUnknown, message, hint, innerException)
{
    /// <summary>The log entry whose fate is unknown.</summary>
    public string Entry { get; } = entry;
}
