using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Segvault.IO;

namespace Segvault.Engines;

/// <summary>
/// A directory of hard links inside an index directory. It keeps files readable that the engine deletes meanwhile, without keeping them open.
/// A lock inside it tells a hold in use from one that a killed process left behind.
/// </summary>
internal sealed class HoldDirectory : IDisposable
{
    public const string Prefix = IndexDirectory.OwnPrefix + "-hold-";
    private const string LockName = "lock";

    private readonly AdvisoryLock _lock;
    private readonly List<string> _links = [];

    private HoldDirectory(string path, AdvisoryLock held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    /// <summary>Makes an empty hold; null when the index directory cannot be written or its file system knows no locks.</summary>
    public static HoldDirectory? TryCreate(string indexDirectory)
    {
        // Somebody else's cleaning may take a hold away in the instant between its creation and its locking.
        for (int attempt = 0; attempt < 3; attempt++)
        {
            string path = System.IO.Path.Combine(indexDirectory, Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
            try
            {
                CreatePrivate(path);
                if (TryLock(path, out var held) == AdvisoryLockResult.Acquired)
                    return new HoldDirectory(path, held!);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                TryDeleteEmpty(path);
                return null;
            }

            TryDeleteEmpty(path);
        }

        return null;
    }

    /// <summary>Links a file of the index into the hold; false when hard links are not possible. Throws when the file is gone.</summary>
    public bool TryAdd(string indexDirectory, string fileName)
    {
        if (!FileLinks.TryHardLink(System.IO.Path.Combine(indexDirectory, fileName), PathOf(fileName)))
            return false;
        _links.Add(fileName);
        return true;
    }

    /// <summary>Lets go of a file whose name may come back with other content.</summary>
    public void Remove(string fileName)
    {
        if (_links.Remove(fileName))
            File.Delete(PathOf(fileName));
    }

    public string PathOf(string fileName) => System.IO.Path.Combine(Path, fileName);

    public void Dispose()
    {
        foreach (string link in _links)
            TryDelete(PathOf(link));
        _links.Clear();
        DeleteLock(_lock);
        TryDeleteEmpty(Path);
    }

    /// <summary>Removes the holds that no process uses any longer: links that <paramref name="isLink"/> knows, the lock, the directory.</summary>
    public static void RemoveStale(string indexDirectory, IEnumerable<string> names, Func<string, bool> isLink, ILogger logger)
    {
        foreach (string name in names.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            string path = System.IO.Path.Combine(indexDirectory, name);
            try
            {
                if (FileStatus.TryRead(path) is { Kind: FileKind.Directory })
                    Remove(path, isLink, logger);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or SegvaultException)
            {
                // Its owner, or somebody else's cleaning, may have been faster.
                if (Directory.Exists(path))
                    HoldLog.StaleHoldNotRemoved(logger, path, e.Message);
            }
        }
    }

    private static void Remove(string path, Func<string, bool> isLink, ILogger logger)
    {
        var locked = TryLock(path, out var held);
        if (locked == AdvisoryLockResult.Busy)
            return;
        if (locked != AdvisoryLockResult.Acquired)
        {
            HoldLog.StaleHoldNotRemoved(logger, path, "its lock cannot be taken");
            return;
        }

        using var release = held!;
        string? unknown = null;
        foreach (string name in IndexDirectory.List(path).Where(name => name != LockName))
        {
            if (isLink(name))
                File.Delete(System.IO.Path.Combine(path, name));
            else
                unknown = name;
        }

        // The lock goes last, so that a hold without one is always empty.
        DeleteLock(release);
        if (unknown is not null)
        {
            HoldLog.StaleHoldNotRemoved(logger, path, $"it holds {unknown}, which is not from here");
            return;
        }

        Directory.Delete(path);
        HoldLog.StaleHoldRemoved(logger, path);
    }

    private static AdvisoryLockResult TryLock(string path, out AdvisoryLock? held) =>
        AdvisoryLock.TryCreateAndAcquire(System.IO.Path.Combine(path, LockName), UnixFileMode.UserRead | UnixFileMode.UserWrite, out held);

    private static void DeleteLock(AdvisoryLock held)
    {
        held.DeleteAndRelease();
        // Windows cannot delete what is locked.
        if (OperatingSystem.IsWindows())
            TryDelete(held.Path);
    }

    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next pin finds the hold without its lock's holder and removes what is left.
        }
    }

    private static void TryDeleteEmpty(string path)
    {
        try
        {
            Directory.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As above.
        }
    }
}
