using System.Collections.Immutable;
using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>What is at the place where an index is to be restored.</summary>
internal sealed record RestoreTarget
{
    /// <summary>The directory, every symbolic link followed.</summary>
    public required string Path { get; init; }

    public required TargetState State { get; init; }

    /// <summary>Names in the directory that are neither the engine's nor ours; they are carried over.</summary>
    public ImmutableArray<string> ForeignNames { get; init; } = [];

    public string Parent => System.IO.Path.GetDirectoryName(Path)!;

    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>True when a lock file of the engine is there: an application may be at work even where there is no index yet.</summary>
    public bool HasEngineLocks { get; init; }

    /// <summary>Looks at a target, named by its real path.</summary>
    /// <exception cref="RefusedException">It holds something that a restore must not touch.</exception>
    public static RestoreTarget Inspect(string real, IndexEngine engine, RestoreOptions options)
    {
        if (System.IO.Path.GetDirectoryName(real) is null)
            throw new RefusedException(ErrorCode.TargetNotAnIndex, $"{real} is the root of a file system.", "Restore into a directory below it.");
        var status = FileStatus.TryRead(real);
        if (status is null && RealPath.FindFileOn(real) is { } file)
            throw new RefusedException(ErrorCode.TargetExists, $"{real} cannot be made: {file} is a file, not a directory.", "Choose another target.");
        if (status is null)
            return new RestoreTarget { Path = real, State = TargetState.Absent };
        if (status.Kind != FileKind.Directory)
            throw new RefusedException(ErrorCode.TargetExists, $"{real} exists and is not a directory.", "Choose another target, or remove it first.");
        var all = ReadNames(real);
        var names = all.FindAll(name => engine.Classify(name) != EngineFileRole.Lock);
        var foreign = names.Where(name => engine.Classify(name) == EngineFileRole.Foreign).ToImmutableArray();
        var target = new RestoreTarget { Path = real, State = TargetState.Empty, ForeignNames = foreign, HasEngineLocks = names.Count < all.Count };
        if (names.Count == 0)
            return target;
        if (engine.Recognise(real) == IndexPresence.None)
        {
            throw new RefusedException(
                ErrorCode.TargetNotAnIndex,
                $"{real} is not empty and holds no {engine.Name} index: '{names[0]}' is there{(names.Count > 1 ? $", and {names.Count - 1} more" : "")}.",
                "Choose an empty or new directory. Nothing but an index is ever replaced.");
        }

        if (options.IfTargetExists != IfTargetExists.Replace)
        {
            throw new RefusedException(
                ErrorCode.TargetExists,
                $"{real} already holds a {engine.Name} index.",
                "Give --replace to replace it, or choose another target.");
        }

        return target with { State = TargetState.Index };
    }

    /// <summary>True when a directory that held no index holds files of one now.</summary>
    public static bool HasIndexFiles(string directory, IndexEngine engine) =>
        ReadNames(directory).Exists(name => engine.Classify(name) is EngineFileRole.Commit or EngineFileRole.WriteOnce or EngineFileRole.Replaceable);

    /// <summary>Names that count: ours and what a file system puts into its root do not.</summary>
    private static List<string> ReadNames(string directory)
    {
        try
        {
            return [.. new DirectoryInfo(directory).EnumerateFileSystemInfos().Select(entry => entry.Name).Where(name => !IsOurs(name)).Order(StringComparer.Ordinal)];
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new SegvaultException(
                ErrorCode.PermissionDenied,
                $"{directory} cannot be read; it belongs to {FileOwnership.OwnerName(directory) ?? "another user"}.",
                "Run as that user, or choose another target.",
                exception);
        }
    }

    private static bool IsOurs(string name) => name.StartsWith(".segvault", StringComparison.Ordinal) || name == "lost+found";
}

internal enum TargetState
{
    Absent,
    Empty,
    Index,
}
