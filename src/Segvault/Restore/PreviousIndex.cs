using System.Globalization;
using Segvault.Engines;
using Segvault.IO;
using Segvault.Locking;

namespace Segvault.Restore;

/// <summary>What becomes of the index that was replaced.</summary>
internal static class PreviousIndex
{
    /// <summary>Moves a directory that was exchanged away to <c>TARGET.previous-TIME</c>; returns that path.</summary>
    public static string Keep(string directory, string target, IndexEngine engine, TimeProvider timeProvider)
    {
        // It shares the lock files with the directory that took its place; apart, it must be lockable apart.
        foreach (var lockFile in engine.LockFiles.Append(LockFileProvider.FileName))
            File.Delete(Path.Combine(directory, lockFile));
        while (true)
        {
            var previous = NameFor(target, timeProvider);
            if (AtomicRename.TryMoveIfAbsent(directory, previous))
                return previous;
        }
    }

    /// <summary>Makes a copy of an index that is about to be replaced in place, by hard links where they are possible; returns its path.</summary>
    public static string Copy(string target, IndexEngine engine, TimeProvider timeProvider)
    {
        var previous = NameFor(target, timeProvider);
        Directory.CreateDirectory(previous);
        FileOwnership.TryCopyDirectoryAttributes(target, previous);
        var names = new DirectoryInfo(target).EnumerateFiles()
            .Select(file => file.Name)
            .Where(name => engine.Classify(name) is not (EngineFileRole.Lock or EngineFileRole.Foreign or EngineFileRole.Temporary));
        ForeignFiles.Carry(target, previous, names);
        Durable.SyncDirectory(previous);
        Durable.SyncDirectory(Path.GetDirectoryName(previous)!);
        return previous;
    }

    private static string NameFor(string target, TimeProvider timeProvider)
    {
        var name = $"{target}.previous-{timeProvider.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
        return Enumerable.Range(1, int.MaxValue).Select(i => i == 1 ? name : $"{name}-{i}").First(candidate => !Path.Exists(candidate));
    }
}
