using Medallion.Threading;

namespace Segvault.Locking;

/// <summary>
/// Locks by a file that the system unlocks when its holder dies: never stale. By default the file is <c>.segvault.lock</c> inside the index
/// directory, so that everybody who sees the index sees the lock; with a directory given, it is a file there named after the lock.
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

    /// <inheritdoc/>
    public IDistributedLock CreateLock(string name) => throw new NotSupportedException("stub");
}
