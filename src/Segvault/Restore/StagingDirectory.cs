using Segvault.IO;
using Segvault.Locking;

namespace Segvault.Restore;

/// <summary>
/// A directory beside the target in which a restored index takes shape. A marker file tells an unfinished one from an old index that a killed
/// run had already exchanged away.
/// </summary>
internal sealed class StagingDirectory : IDisposable
{
    /// <summary>Present in a directory for as long as it is not the target.</summary>
    public const string Marker = ".segvault-staging";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private StagingDirectory(string path) => Path = path;

    public string Path { get; }

    public static StagingDirectory Create(RestoreTarget target)
    {
        Directory.CreateDirectory(target.Parent);
        var staging = new StagingDirectory(System.IO.Path.Combine(target.Parent, $"{Prefix(target)}{Guid.NewGuid():n}"));
        CreatePrivate(staging.Path);
        File.WriteAllText(System.IO.Path.Combine(staging.Path, Marker), $"An unfinished restore of {target.Name}. It may be deleted when no restore is running.\n");
        return staging;
    }

    public static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly);
    }

    /// <summary>
    /// Removes what killed runs left beside a target: unfinished directories are deleted, an old index that had been exchanged away is kept
    /// under a name that says so. <paramref name="locked"/>: nobody else can be restoring to this target now.
    /// </summary>
    public static void RemoveLeftovers(RestoreTarget target, bool locked, Engines.IndexEngine engine, TimeProvider timeProvider, List<OperationWarning> warnings)
    {
        if (!Directory.Exists(target.Parent))
            return;
        if (locked && target.State != TargetState.Absent)
            File.Delete(System.IO.Path.Combine(target.Path, Marker));
        foreach (var directory in Directory.EnumerateDirectories(target.Parent, $"{Prefix(target)}*"))
        {
            if (!locked && !IsAbandoned(directory))
                continue;
            if (File.Exists(System.IO.Path.Combine(directory, Marker)))
            {
                Directory.Delete(directory, recursive: true);
                warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, $"Removed {directory}, left by an interrupted restore."));
            }
            else if (locked && target.State != TargetState.Absent)
            {
                var previous = PreviousIndex.Keep(directory, target.Path, engine, timeProvider);
                warnings.Add(new OperationWarning(
                    ErrorCode.LeftoverFound, $"An interrupted restore had replaced {target.Path}; the index from before is {previous}. Delete it when it is not needed."));
            }
        }
    }

    /// <summary>Removes the directory, unless it has taken the target's place.</summary>
    public void Dispose()
    {
        if (File.Exists(System.IO.Path.Combine(Path, Marker)))
            Directory.Delete(Path, recursive: true);
    }

    private static string Prefix(RestoreTarget target) => $".{target.Name}.segvault-restore-";

    private static bool IsAbandoned(string directory)
    {
        var result = AdvisoryLock.TryAcquire(System.IO.Path.Combine(directory, LockFileProvider.FileName), out var held);
        held?.Dispose();
        return result == AdvisoryLockResult.Acquired;
    }
}
