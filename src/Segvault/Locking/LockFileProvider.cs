using Medallion.Threading;

namespace Segvault.Locking;

/// <summary>
/// Locks by a file that the system unlocks when its holder dies: never stale. By default the file is <c>.segvault.lock</c> inside the index
/// directory, so that everybody who sees the index sees the lock; with a directory given, it is a file there named after the lock.
/// A lock is not reentrant: it excludes also other threads of its own process. The file says who holds it, and is deleted on release
/// (on Windows it stays, empty).
/// </summary>
public sealed class LockFileProvider : IDistributedLockProvider
{
    /// <summary>The name of the lock file inside an index directory.</summary>
    public const string FileName = ".segvault.lock";

    private readonly string? _directory;

    /// <summary>Locks inside index directories: a lock's name is the path of the index directory.</summary>
    public LockFileProvider()
    {
    }

    /// <summary>Locks by files in a directory of its own, which is created when absent.</summary>
    public LockFileProvider(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory);
    }

    /// <summary>The clock that waiting is measured by.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <inheritdoc/>
    public IDistributedLock CreateLock(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        string file = _directory is null ? Path.Combine(Path.GetFullPath(name), FileName) : Path.Combine(_directory, LockFileName.For(name));
        return new LockFileLock(name, file, createDirectory: _directory is not null, TimeProvider);
    }

    /// <summary>
    /// Who holds a lock, such as "process 4242 (segvault) on host web1 since 2026-11-23T01:02:03Z", from what the lock file says; null when it
    /// says nothing. Takes no lock and disturbs nobody. Means something only while the lock is busy: a holder who died leaves its words behind.
    /// </summary>
    internal static string? DescribeHolder(string lockFilePath) => LockHolder.TryRead(lockFilePath)?.ToString();
}
