namespace Segvault.IO;

/// <summary>
/// A whole-file lock that the system releases when its holder dies: <c>flock(2)</c> on Unix, <c>LockFileEx</c> on Windows.
/// Taken through its own descriptor, opened without .NET, so that no other lock is taken or dropped on the way. Closing releases; the file stays.
/// </summary>
internal sealed class AdvisoryLock : IDisposable
{
    private AdvisoryLock(string path) => Path = path;

    public string Path { get; }

    /// <summary>Identity of the locked file.</summary>
    public FileIdentity Identity => throw new NotSupportedException("stub");

    /// <summary>
    /// Tries once to lock an existing file exclusively, without waiting.
    /// Never creates the file. A file that may not be written is opened for reading.
    /// </summary>
    public static AdvisoryLockResult TryAcquire(string path, out AdvisoryLock? acquired) => throw new NotSupportedException("stub");

    /// <summary>True while the path still leads to the locked file.</summary>
    public bool IsStillAt(string path) => throw new NotSupportedException("stub");

    /// <summary>Replaces the content of the locked file, without closing it. Does nothing when it was opened for reading only.</summary>
    public void WriteContent(ReadOnlySpan<byte> content) => throw new NotSupportedException("stub");

    /// <summary>Deletes the file (where that can be done while it is locked) and releases the lock.</summary>
    public void DeleteAndRelease() => throw new NotSupportedException("stub");

    public void Dispose() => throw new NotSupportedException("stub");
}

internal enum AdvisoryLockResult
{
    Acquired,

    /// <summary>Somebody else holds it.</summary>
    Busy,

    /// <summary>No such file.</summary>
    Missing,

    /// <summary>The file system knows no such locks, or the file may not be opened.</summary>
    Unsupported,
}
