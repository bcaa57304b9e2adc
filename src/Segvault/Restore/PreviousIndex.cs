using System.Globalization;
using Segvault.Engines;
using Segvault.IO;
using Segvault.Locking;

namespace Segvault.Restore;

/// <summary>What becomes of the index that was replaced.</summary>
internal static class PreviousIndex
{
    private const string Infix = ".previous-";
    private const int LongestCounter = 8;

    /// <summary>Moves a directory beside the target to <c>TARGET.previous-TIME</c>; returns that path.</summary>
    public static string Keep(string directory, string target, IndexEngine engine, TimeProvider timeProvider)
    {
        // It shares the lock files with the directory that took its place; apart, it must be lockable apart.
        foreach (var name in engine.LockFiles.Append(LockFileProvider.FileName).Append(StagingDirectory.Marker))
            File.Delete(Path.Combine(directory, name));
        while (true)
        {
            var previous = NameFor(target, timeProvider);
            if (AtomicRename.TryMoveIfAbsent(directory, previous))
                return previous;
        }
    }

    /// <summary>
    /// Makes a copy of an index that is about to be replaced in place, by hard links where they are possible. It becomes the previous index
    /// when it is kept, and goes with the directory it is in otherwise.
    /// </summary>
    public static StagingDirectory Copy(RestoreTarget target, IndexEngine engine)
    {
        var copy = StagingDirectory.Create(target);
        try
        {
            var names = new DirectoryInfo(target.Path).EnumerateFiles()
                .Select(file => file.Name)
                .Where(name => engine.Classify(name) is not (EngineFileRole.Lock or EngineFileRole.Foreign or EngineFileRole.Temporary));
            new ForeignFiles().Carry(target.Path, copy.Path, names);
            FileOwnership.TryCopyDirectoryAttributes(target.Path, copy.Path);
            Durable.SyncDirectory(copy.Path);
            Durable.SyncDirectory(target.Parent);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private static string NameFor(string target, TimeProvider timeProvider)
    {
        var suffix = Infix + timeProvider.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var name = SiblingName.Shorten(Path.GetFileName(target), suffix.Length + LongestCounter) + suffix;
        var path = Path.Combine(Path.GetDirectoryName(target)!, name);
        return Enumerable.Range(1, int.MaxValue).Select(i => i == 1 ? path : $"{path}-{i}").First(candidate => FileStatus.TryRead(candidate) is null);
    }
}
