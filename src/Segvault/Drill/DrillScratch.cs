using Segvault.IO;

namespace Segvault.Drill;

/// <summary>A new directory to restore into, removed at the end whatever happens; what killed drills left beside it goes with it.</summary>
internal sealed class DrillScratch : IDisposable
{
    private const string Prefix = "segvault-drill-";

    /// <summary>Locked while the drill lives, so that a later one can tell.</summary>
    private const string InUse = "in-use";

    private readonly AdvisoryLock _inUse;

    private DrillScratch(string path, AdvisoryLock inUse)
    {
        Path = path;
        _inUse = inUse;
    }

    public string Path { get; }

    /// <param name="parent">An existing directory; null means the system's temporary one.</param>
    /// <exception cref="SegvaultException">It is not there.</exception>
    public static DrillScratch Create(string? parent)
    {
        var directory = System.IO.Path.GetFullPath(parent ?? System.IO.Path.GetTempPath());
        if (!Directory.Exists(directory))
            throw new SegvaultException(ErrorCode.PathNotFound, $"There is no directory {directory} to restore into.", "Name one that exists, on a file system with room for the index.");
        RemoveLeftovers(directory);
        while (true)
        {
            // Another drill may take the directory for a leftover until the lock is held; then it is made anew.
            if (TryCreate(System.IO.Path.Combine(directory, Prefix + Guid.NewGuid().ToString("n"))) is { } scratch)
                return scratch;
        }
    }

    public void Dispose()
    {
        _inUse.Dispose();
        Delete(Path);
    }

    private static DrillScratch? TryCreate(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            var result = AdvisoryLock.TryCreateAndAcquire(System.IO.Path.Combine(path, InUse), UnixFileMode.UserRead | UnixFileMode.UserWrite, out var inUse);
            if (result == AdvisoryLockResult.Acquired)
                return new DrillScratch(path, inUse!);
            if (result == AdvisoryLockResult.Busy)
                return null;
            throw new IOException($"{path} is on a file system without file locks.");
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static void RemoveLeftovers(string parent)
    {
        try
        {
            foreach (var directory in new DirectoryInfo(parent).EnumerateDirectories(Prefix + "*").Where(directory => directory.LinkTarget is null))
            {
                if (AdvisoryLock.TryAcquire(System.IO.Path.Combine(directory.FullName, InUse), out var abandoned) != AdvisoryLockResult.Acquired)
                    continue;
                abandoned!.Dispose();
                Delete(directory.FullName);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody else's, or somebody was faster: this drill needs none of it.
        }
    }

    private static void Delete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody was faster.
        }
    }
}
