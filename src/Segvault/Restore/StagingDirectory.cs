using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>
/// A directory beside the target in which a restored index takes shape. A marker file tells an unfinished one from an old index that a killed
/// run had already exchanged away, and a lock on the marker one that is in use from one that is not.
/// </summary>
internal sealed class StagingDirectory : IDisposable
{
    /// <summary>Present in a directory for as long as it is not the target.</summary>
    public const string Marker = ".segvault-staging";

    private const string Infix = ".segvault-restore-";

    /// <summary>At the end of the name of a directory that is only to be deleted: half of it may be gone.</summary>
    private const string Discarded = ".discarded";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly IReadOnlyList<string> _createdParents;
    private AdvisoryLock? _inUse;

    private StagingDirectory(string path, IReadOnlyList<string> createdParents)
    {
        Path = path;
        _createdParents = createdParents;
    }

    public string Path { get; }

    /// <summary>Makes an empty one, and the directories above it that are not there; their names outlive a power cut.</summary>
    /// <exception cref="SegvaultException">This user may not write there.</exception>
    public static StagingDirectory Create(RestoreTarget target)
    {
        var staging = new StagingDirectory(System.IO.Path.Combine(target.Parent, $"{Prefix(target)}{Guid.NewGuid():n}"), FindMissing(target.Parent));
        try
        {
            CreatePrivate(staging.Path);
            foreach (var parent in staging._createdParents)
                Durable.SyncDirectory(System.IO.Path.GetDirectoryName(parent)!);
            staging.Mark(target);
            return staging;
        }
        catch (Exception exception)
        {
            staging.Dispose();
            if (exception is not UnauthorizedAccessException)
                throw;
            var existing = staging._createdParents.Count == 0 ? target.Parent : System.IO.Path.GetDirectoryName(staging._createdParents[^1])!;
            throw new SegvaultException(
                ErrorCode.PermissionDenied,
                $"{target.Path} cannot be restored: {existing} cannot be written; it belongs to {FileOwnership.OwnerName(existing) ?? "another user"}.",
                "Run as a user who may write there, or choose another target.",
                exception);
        }
    }

    public static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        // The directories above it are as open as any other.
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        Directory.CreateDirectory(path, OwnerOnly);
    }

    /// <summary>True for the name of a staging directory of this target.</summary>
    public static bool IsNameFor(RestoreTarget target, string name) => name.StartsWith(Prefix(target), StringComparison.Ordinal);

    /// <summary>
    /// Removes what killed runs left beside a target: unfinished directories are deleted, an old index that had been exchanged away is kept
    /// under a name that says so. <paramref name="locked"/>: nobody else can be restoring to this target now.
    /// </summary>
    public static void RemoveLeftovers(RestoreTarget target, bool locked, IndexEngine engine, TimeProvider timeProvider, List<OperationWarning> warnings)
    {
        if (locked && target.State != TargetState.Absent)
            File.Delete(System.IO.Path.Combine(target.Path, Marker));
        foreach (var directory in FindLeftovers(target))
        {
            try
            {
                if (RemoveLeftover(directory, target, locked, engine, timeProvider) is { } done)
                    warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, done));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, $"{directory}, left by an interrupted restore, could not be removed: {exception.Message}"));
            }
        }
    }

    /// <summary>Deletes a directory beside a target, in such a way that what is left of it after a kill is known to be worthless.</summary>
    public static void Discard(string directory)
    {
        var discarded = directory;
        if (!directory.EndsWith(Discarded, StringComparison.Ordinal))
        {
            discarded = directory + Discarded;
            if (!AtomicRename.TryMoveIfAbsent(directory, discarded))
                throw new IOException($"'{discarded}' exists already");
        }

        Directory.Delete(discarded, recursive: true);
    }

    /// <summary>True when directories beside a target can be exchanged: tried out, with names that the next run removes if this one is killed.</summary>
    public static bool CanExchangeBeside(RestoreTarget target)
    {
        var name = System.IO.Path.Combine(target.Parent, $"{Prefix(target)}{Guid.NewGuid():n}"[..^1]);
        return AtomicRename.CanExchange($"{name}1{Discarded}", $"{name}2{Discarded}");
    }

    /// <summary>Lets the marker go. On Windows a directory with an open file in it cannot be moved.</summary>
    public void Release()
    {
        _inUse?.Dispose();
        _inUse = null;
    }

    /// <summary>Removes the directory, unless it has taken the target's place, and the directories made for it.</summary>
    public void Dispose()
    {
        try
        {
            Release();
            if (File.Exists(System.IO.Path.Combine(Path, Marker)))
                Discard(Path);
            else if (Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).Any())
                Directory.Delete(Path);
            foreach (var parent in _createdParents.Where(parent => Directory.Exists(parent) && !Directory.EnumerateFileSystemEntries(parent).Any()))
                Directory.Delete(parent);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Why the restore failed is the better message. The next one finds what is left.
        }
    }

    private void Mark(RestoreTarget target)
    {
        var marker = System.IO.Path.Combine(Path, Marker);
        var content = System.Text.Encoding.UTF8.GetBytes($"An unfinished restore of {target.Name}. It may be deleted when no restore is running.\n");
        AdvisoryLock.TryCreateAndAcquire(marker, UnixFileMode.UserRead | UnixFileMode.UserWrite, out _inUse);
        if (_inUse is null)
            File.WriteAllBytes(marker, content);
        else
            _inUse.WriteContent(content);
    }

    /// <summary>Says what was done with a leftover; null when it was none.</summary>
    private static string? RemoveLeftover(string directory, RestoreTarget target, bool locked, IndexEngine engine, TimeProvider timeProvider)
    {
        if (directory.EndsWith(Discarded, StringComparison.Ordinal))
        {
            Discard(directory);
            return null;
        }

        if (FileStatus.TryRead(System.IO.Path.Combine(directory, Marker)) is not null)
        {
            if (!IsAbandoned(directory, locked))
                return null;
            Discard(directory);
            return $"Removed {directory}, left by an interrupted restore.";
        }

        if (!locked || target.State == TargetState.Absent)
            return null;
        if (!Directory.EnumerateFileSystemEntries(directory).Any())
        {
            Directory.Delete(directory);
            return null;
        }

        var previous = PreviousIndex.Keep(directory, target.Path, engine, timeProvider);
        return $"An interrupted restore had replaced {target.Path}; the index from before is {previous}. Delete it when it is not needed.";
    }

    private static List<string> FindLeftovers(RestoreTarget target)
    {
        try
        {
            // Not by a pattern: the target's name may have wildcards in it.
            return [.. new DirectoryInfo(target.Parent).EnumerateDirectories().Where(directory => IsNameFor(target, directory.Name)).Select(directory => directory.FullName)];
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static string Prefix(RestoreTarget target) =>
        $".{SiblingName.Shorten(target.Name, 1 + Infix.Length + 32 + Discarded.Length)}{Infix}";

    private static bool IsAbandoned(string directory, bool locked)
    {
        var result = AdvisoryLock.TryAcquire(System.IO.Path.Combine(directory, Marker), out var held);
        held?.Dispose();

        // Where files cannot be locked, holding the lock on the target has to be proof enough.
        return result == AdvisoryLockResult.Acquired || (locked && result == AdvisoryLockResult.Unsupported);
    }

    /// <summary>The directories that have to be made for a path, the innermost first.</summary>
    private static List<string> FindMissing(string directory)
    {
        var missing = new List<string>();
        for (var next = directory; next is not null && !Directory.Exists(next); next = System.IO.Path.GetDirectoryName(next))
            missing.Add(next);
        return missing;
    }
}
