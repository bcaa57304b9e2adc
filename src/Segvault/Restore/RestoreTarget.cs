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

    /// <summary>Looks at a target.</summary>
    /// <exception cref="RefusedException">It holds something that a restore must not touch.</exception>
    public static RestoreTarget Inspect(string path, IndexEngine engine, RestoreOptions options)
    {
        var real = RealPath.Resolve(path);
        if (System.IO.Path.GetDirectoryName(real) is null)
            throw new RefusedException(ErrorCode.TargetNotAnIndex, $"{real} is the root of a file system.", "Restore into a directory below it.");
        var status = FileStatus.TryRead(real);
        if (status is null)
            return new RestoreTarget { Path = real, State = TargetState.Absent };
        if (status.Kind != FileKind.Directory)
            throw new RefusedException(ErrorCode.TargetExists, $"{real} exists and is not a directory.", "Choose another target, or remove it first.");
        var names = ReadNames(real);
        var foreign = names.Where(name => engine.Classify(name) == EngineFileRole.Foreign).ToImmutableArray();
        var target = new RestoreTarget { Path = real, State = TargetState.Empty, ForeignNames = foreign };
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
