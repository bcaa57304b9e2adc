using Segvault.IO;

namespace Segvault.Restore;

/// <summary>Files in an index directory that are not the engine's: carried over into the directory that takes its place, never deleted.</summary>
internal static class ForeignFiles
{
    /// <summary>
    /// Gives everything named, in directories to any depth, a second name in another directory. What is there already is left as it is.
    /// A hard link keeps a file that is being written to whole; only where none can be made is the file copied.
    /// </summary>
    /// <returns>Files carried over.</returns>
    public static int Carry(string from, string to, IEnumerable<string> names)
    {
        var count = 0;
        foreach (var name in names)
        {
            var source = Path.Combine(from, name);
            var destination = Path.Combine(to, name);
            switch (FileStatus.TryRead(source)?.Kind)
            {
                case FileKind.Directory:
                    CarryDirectory(source, destination, ref count);
                    break;
                case { } kind when FileStatus.TryRead(destination) is null:
                    CarryFile(source, destination, kind);
                    count++;
                    break;
                default:
                    break;
            }
        }

        return count;
    }

    private static void CarryDirectory(string source, string destination, ref int count)
    {
        Directory.CreateDirectory(destination);
        FileOwnership.TryCopyDirectoryAttributes(source, destination);
        count += Carry(source, destination, new DirectoryInfo(source).EnumerateFileSystemInfos().Select(entry => entry.Name));
        Durable.SyncDirectory(destination);
    }

    private static void CarryFile(string source, string destination, FileKind kind)
    {
        if (FileLinks.TryHardLink(source, destination))
            return;
        switch (kind)
        {
            case FileKind.Regular:
                File.Copy(source, destination);
                using (var copy = File.OpenHandle(destination, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
                    Durable.Sync(copy, destination);
                break;
            case FileKind.SymbolicLink:
                File.CreateSymbolicLink(destination, new FileInfo(source).LinkTarget!);
                break;
            default:
                throw new SegvaultException(
                    ErrorCode.IoFailed,
                    $"{source} is neither a file nor a directory and cannot be carried over.",
                    "Move it away, or restore with --in-place, which leaves it where it is.");
        }
    }
}
