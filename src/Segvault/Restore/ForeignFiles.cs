using Segvault.IO;

namespace Segvault.Restore;

/// <summary>
/// Files in an index directory that are not the engine's: carried over into the directory that takes its place, never deleted. Carrying may be
/// repeated after the directories changed places: what was made or replaced in between comes too.
/// </summary>
internal sealed class ForeignFiles
{
    private readonly Dictionary<string, CarriedFile> _carried = new(StringComparer.Ordinal);

    /// <summary>Files carried over.</summary>
    public int Count => _carried.Count;

    /// <summary>
    /// Gives everything named, in directories to any depth, a second name in another directory. What is there already is left as it is.
    /// A hard link keeps a file that is being written to whole; only where none can be made is the file copied.
    /// </summary>
    public void Carry(string from, string to, IEnumerable<string> names)
    {
        foreach (var name in names)
            CarryEntry(from, to, name);
    }

    /// <summary>Counts what would be carried, where all of it stays in its place.</summary>
    public static int CountIn(string directory, IEnumerable<string> names)
    {
        var count = 0;
        foreach (var path in names.Select(name => Path.Combine(directory, name)))
        {
            try
            {
                count += FileStatus.TryRead(path) is { Kind: FileKind.Directory }
                    ? CountIn(path, new DirectoryInfo(path).EnumerateFileSystemInfos().Select(entry => entry.Name))
                    : 1;
            }
            catch (UnauthorizedAccessException)
            {
                // It stays, looked into or not.
                count++;
            }
        }

        return count;
    }

    private void CarryEntry(string from, string to, string name)
    {
        var source = Path.Combine(from, name);
        switch (FileStatus.TryRead(source))
        {
            case { Kind: FileKind.Directory }:
                CarryDirectory(from, to, name);
                break;
            case { } status:
                CarryFile(source, Path.Combine(to, name), name, status);
                break;
            case null when name.Contains('\uFFFD', StringComparison.Ordinal):
                throw CannotCarry(source, "has a name that is not UTF-8");
            default:
                break;
        }
    }

    private void CarryDirectory(string from, string to, string name)
    {
        var source = new DirectoryInfo(Path.Combine(from, name));
        var destination = Path.Combine(to, name);
        var there = FileStatus.TryRead(destination);
        if (there is { Kind: not FileKind.Directory })
            return;
        if (there is null)
            Directory.CreateDirectory(destination);
        foreach (var entry in source.EnumerateFileSystemInfos())
            CarryEntry(from, to, Path.Combine(name, entry.Name));
        if (there is null)
        {
            FileOwnership.TryCopyDirectoryAttributes(source.FullName, destination);
            Directory.SetLastWriteTimeUtc(destination, source.LastWriteTimeUtc);
        }

        Durable.SyncDirectory(destination);
    }

    private void CarryFile(string source, string destination, string name, FileStatus status)
    {
        var there = FileStatus.TryRead(destination);
        if (there is null && !_carried.ContainsKey(name))
            MakeSecondName(source, destination, status.Kind);
        else if (there is not null && there.Identity != status.Identity && IsNewer(name, status, there))
            Renew(source, destination, status.Kind);
        else
            return;
        if (FileStatus.TryRead(destination) is { } made)
            _carried[name] = new CarriedFile(status.Identity, status.Length, status.ModifiedAt, made.Identity);
    }

    /// <summary>True when the file was replaced after it had been carried over, and nobody has touched what was carried.</summary>
    private bool IsNewer(string name, FileStatus source, FileStatus destination) =>
        _carried.TryGetValue(name, out var carried)
        && destination.Identity == carried.Destination
        && (source.Identity != carried.Source || source.Length != carried.Length || source.ModifiedAt != carried.ModifiedAt);

    private static void Renew(string source, string destination, FileKind kind)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(destination)!, $".segvault-carry-{Guid.NewGuid():n}");
        MakeSecondName(source, temporary, kind);
        AtomicRename.Replace(temporary, destination);
    }

    private static void MakeSecondName(string source, string destination, FileKind kind)
    {
        if (FileLinks.TryHardLink(source, destination))
            return;
        switch (kind)
        {
            case FileKind.Regular:
                Copy(source, destination);
                break;
            case FileKind.SymbolicLink:
                File.CreateSymbolicLink(destination, new FileInfo(source).LinkTarget!);
                break;
            default:
                throw CannotCarry(source, "is neither a file nor a directory");
        }
    }

    private static void Copy(string source, string destination)
    {
        // Not by the file API of .NET, which would lock a file that is its application's.
        using var from = SourceFile.OpenRead(source);
        var status = FileStatus.Read(from);
        using (var to = File.OpenHandle(destination, FileMode.CreateNew, FileAccess.Write))
        {
            FileContent.Copy(from, to);
            Durable.Sync(to, destination);
        }

        FileOwnership.TryChange(destination, status.UserId, status.GroupId);
        if (status.Mode is { } mode)
            FileOwnership.TryChangeMode(destination, mode);
        File.SetLastWriteTimeUtc(destination, status.ModifiedAt.UtcDateTime);
    }

    private static SegvaultException CannotCarry(string path, string why) => new(
        ErrorCode.IoFailed,
        $"{path} {why} and cannot be carried over.",
        "Move it away, or restore with --in-place, which leaves it where it is.");

    private sealed record CarriedFile(FileIdentity Source, long Length, DateTimeOffset ModifiedAt, FileIdentity Destination);
}
