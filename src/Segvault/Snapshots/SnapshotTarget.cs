using Segvault.IO;

namespace Segvault.Snapshots;

/// <summary>The place where a snapshot is to appear: nothing, or an empty directory.</summary>
/// <param name="Path">The directory, every symbolic link followed.</param>
/// <param name="Exists">True when it is there, empty.</param>
internal sealed record SnapshotTarget(string Path, bool Exists)
{
    private const string LostAndFound = "lost+found";

    public string Parent => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>Looks at a place, named by its real path.</summary>
    /// <exception cref="RefusedException">Something is there.</exception>
    public static SnapshotTarget Inspect(string real)
    {
        var parent = System.IO.Path.GetDirectoryName(real);
        if (parent is null)
            throw IsMountPoint(real);
        var status = FileStatus.TryRead(real);
        if (status is null && RealPath.FindFileOn(real) is { } file)
            throw new RefusedException(ErrorCode.TargetExists, $"{real} cannot be made: {file} is a file, not a directory.", "Choose another directory.");
        if (status is null)
            return new SnapshotTarget(real, false);
        if (status.Kind != FileKind.Directory)
            throw new RefusedException(ErrorCode.TargetExists, $"{real} exists and is not a directory.", "Choose another directory, or remove it first.");
        var names = new DirectoryInfo(real).EnumerateFileSystemInfos().Select(entry => entry.Name).Order(StringComparer.Ordinal).ToList();
        if (names.Find(name => name != LostAndFound) is { } name)
            throw IsNotEmpty(real, $"'{name}' is there{(names.Count > 1 ? $", and {names.Count - 1} more" : "")}");

        // A directory can take the place of another in one step, but not that of a mount.
        return names.Count > 0 || status.Identity.Device != FileStatus.TryRead(parent)?.Identity.Device
            ? throw IsMountPoint(real)
            : new SnapshotTarget(real, true);
    }

    public static RefusedException IsNotEmpty(string path, string what) =>
        new(ErrorCode.TargetExists, $"{path} is not empty: {what}.", "Choose a new or empty directory. A snapshot never replaces anything.");

    public static RefusedException IsMountPoint(string path) => new(
        ErrorCode.TargetExists,
        $"{path} is the root of a file system, where a snapshot cannot appear in one step.",
        $"Name a directory inside it, such as {System.IO.Path.Combine(path, "snapshot")}.");
}
