using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Snapshots;

/// <summary>Finds and removes what killed runs left at the place of a snapshot and beside it.</summary>
internal static class SnapshotLeftovers
{
    /// <summary>Removes what nobody uses any more; says what was done, and what could not be.</summary>
    /// <exception cref="RefusedException">Somebody has put something of theirs into a snapshot that should have been removed.</exception>
    public static void Remove(string place, List<OperationWarning> warnings)
    {
        foreach (var directory in Find(place))
        {
            try
            {
                if (Remove(directory, place) is { } done)
                    warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, done));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, $"{directory}, left by an interrupted snapshot, could not be removed: {exception.Message}"));
            }
        }
    }

    private static string? Remove(string directory, string place)
    {
        using var left = SnapshotWorkspace.TryTakeOver(directory, place, out var locked);
        if (left is null)
        {
            return locked == AdvisoryLockResult.Busy
                ? null
                : $"Whether {directory} is in use cannot be told here. Delete it when no snapshot is being made in {place}.";
        }

        if (left.IsAtPlace && FindStranger(place) is { } stranger)
        {
            left.Release();
            throw new RefusedException(
                ErrorCode.TargetExists,
                $"{place} was left by an interrupted run, and it holds '{stranger}', which is not from an index.",
                $"Move that away, or delete {place}.");
        }

        var what = left.IsAtPlace ? place : directory;
        return left.Close() ?? $"Removed {what}, left by an interrupted snapshot.";
    }

    private static List<string> Find(string place)
    {
        if (Path.GetDirectoryName(place) is not { } parent)
            return [];
        try
        {
            // Not by a pattern: the name may have wildcards in it.
            return
            [
                .. new DirectoryInfo(parent).EnumerateDirectories()
                    .Where(directory => SnapshotWorkspace.IsNameFor(place, directory.Name) && directory.LinkTarget is null)
                    .Select(directory => directory.FullName),
            ];
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Something in a snapshot that was not put there.</summary>
    private static string? FindStranger(string place) => new DirectoryInfo(place).EnumerateFileSystemInfos()
        .Select(entry => entry.Name)
        .FirstOrDefault(name => IndexEngines.All.All(engine => engine.Classify(name) == EngineFileRole.Foreign));
}
