using Segvault.IO;

namespace Segvault.Engines.Tantivy;

/// <summary>
/// Takes Tantivy's locks as Tantivy does, creating a lock file that is absent. An existing lock file is never deleted: a writer could
/// then hold the old one and another the new.
/// </summary>
internal static class LockFile
{
    // What Tantivy asks for; the process's mask takes away from it.
    private const UnixFileMode Mode = (UnixFileMode)0b110_110_110;

    /// <summary>Tries once; <see cref="AdvisoryLockResult.Acquired"/> or <see cref="AdvisoryLockResult.Busy"/>.</summary>
    /// <exception cref="SegvaultException">The lock file can be neither opened nor created, or its file system knows no locks.</exception>
    public static AdvisoryLockResult TryLock(string path, out AdvisoryLock? held)
    {
        held = null;
        try
        {
            var result = AdvisoryLock.TryAcquire(path, out held);
            if (result == AdvisoryLockResult.Missing)
                result = AdvisoryLock.TryCreateAndAcquire(path, Mode, out held);
            if (result == AdvisoryLockResult.Acquired && !held!.IsStillAt(path))
            {
                // Somebody deleted or replaced it while it was being locked.
                held.Dispose();
                held = null;
                return AdvisoryLockResult.Busy;
            }

            return result is AdvisoryLockResult.Acquired or AdvisoryLockResult.Busy ? result : throw Unusable(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw MayNot(path, e);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new SegvaultException(ErrorCode.PathNotFound, $"{Path.GetDirectoryName(path)} does not exist.", "Check the path of the index.", e);
        }
        catch (IOException e)
        {
            throw new SegvaultException(ErrorCode.IoFailed, $"{path} could not be locked: {e.Message}", "Check the file system of the index.", e);
        }
    }

    private static SegvaultException MayNot(string path, Exception inner)
    {
        string at = File.Exists(path) ? path : Path.GetDirectoryName(path)!;
        string owner = FileOwnership.OwnerName(at) is { } name ? $"it belongs to {name}" : "its owner is unknown";
        return new SegvaultException(ErrorCode.PermissionDenied, $"The lock {path} may not be taken by this user: {at} cannot be written; {owner}.",
            "Run as its owner or as root.", inner);
    }

    private static SegvaultException Unusable(string path)
    {
        if (FileStatus.TryRead(path) is { Kind: not FileKind.Regular } status)
        {
            return new SegvaultException(ErrorCode.IoFailed, $"The lock {path} cannot be taken: it {IndexDirectory.DescribeOddKind(status.Kind)}.",
                "Remove it while no application uses the index.");
        }

        return new SegvaultException(ErrorCode.IoFailed, $"The lock {path} cannot be taken: it may not be opened, or its file system knows no locks.",
            "Run as the owner of the index or as root, on the machine that the index's disk belongs to.");
    }
}
