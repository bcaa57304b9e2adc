using Microsoft.Win32.SafeHandles;

namespace Segvault.IO;

/// <summary>
/// A whole-file lock that the system releases when its holder dies: <c>flock(2)</c> on Unix, <c>LockFileEx</c> on Windows.
/// Taken through its own descriptor, opened without .NET, so that no other lock is taken or dropped on the way. Closing releases; the file stays.
/// </summary>
internal sealed partial class AdvisoryLock : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly bool _writable;

    private AdvisoryLock(string path, SafeFileHandle file, bool writable)
    {
        Path = path;
        Identity = FileStatus.Read(file).Identity;
        _file = file;
        _writable = writable;
    }

    public string Path { get; }

    /// <summary>Identity of the locked file.</summary>
    public FileIdentity Identity { get; }

    /// <summary>
    /// Tries once to lock an existing file exclusively, without waiting.
    /// Never creates the file. A file that may not be written is opened for reading.
    /// </summary>
    public static AdvisoryLockResult TryAcquire(string path, out AdvisoryLock? acquired) =>
        OperatingSystem.IsWindows() ? TryAcquireOnWindows(path, out acquired) : TryAcquireOnUnix(path, out acquired);

    /// <summary>
    /// Tries once to lock a file of our own, creating it when it is absent, so that the path leads to the locked file on return. Where the user is
    /// root, a file it creates belongs to the owner of the directory. Throws what says why when the file can be neither opened nor created.
    /// On Windows the lock lies behind the content, so that others can still read it.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">Permissions of a file that is created, less those of the process's mask.</param>
    /// <param name="acquired">The lock; null unless the result is <see cref="AdvisoryLockResult.Acquired"/>.</param>
    public static AdvisoryLockResult TryCreateAndAcquire(string path, UnixFileMode mode, out AdvisoryLock? acquired) =>
        OperatingSystem.IsWindows() ? TryCreateAndAcquireOnWindows(path, out acquired) : TryCreateAndAcquireOnUnix(path, mode, out acquired);

    /// <summary>True while the path still leads to the locked file.</summary>
    public bool IsStillAt(string path) => FileStatus.TryRead(path)?.Identity == Identity;

    /// <summary>Replaces the content of the locked file, without closing it. Does nothing when it was opened for reading only.</summary>
    public void WriteContent(ReadOnlySpan<byte> content)
    {
        if (!_writable)
            return;

        // Cut after writing: whoever reads meanwhile finds a whole first line, never an empty file.
        RandomAccess.Write(_file, content, 0);
        RandomAccess.SetLength(_file, content.Length);
    }

    /// <summary>Deletes the file (where that can be done while it is locked) and releases the lock.</summary>
    public void DeleteAndRelease()
    {
        if (_file.IsClosed)
            return;
        try
        {
            if (OperatingSystem.IsWindows())
                WriteContent([]);
            else if (IsStillAt(Path))
                _ = Native.LibC.Unlink(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that stays is unlocked all the same.
        }
        finally
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        if (_file.IsClosed)
            return;
        if (!OperatingSystem.IsWindows())
            Unlock(_file);
        _file.Dispose();
    }
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
