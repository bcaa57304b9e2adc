using System.IO.Enumeration;
using Segvault.IO;

namespace Segvault.Engines;

/// <summary>Reads an index directory's names and says clearly why it cannot.</summary>
internal static class IndexDirectory
{
    /// <summary>What Segvault itself puts into an index directory begins with this: it is neither the engine's nor foreign.</summary>
    public const string OwnPrefix = ".segvault";

    public static bool IsOwn(string fileName) => fileName.StartsWith(OwnPrefix, StringComparison.Ordinal);

    /// <summary>Every name in a directory, in no order. Nothing is opened, not even to learn what it is.</summary>
    public static List<string> List(string directory)
    {
        try
        {
            var all = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
            return [.. new FileSystemEnumerable<string>(directory, (ref entry) => entry.FileName.ToString(), all)];
        }
        catch (UnauthorizedAccessException e)
        {
            throw MayNotRead(directory, e);
        }
        catch (IOException) when (File.Exists(directory))
        {
            throw new NotAnIndexException(directory, $"{directory} is a file, not an index directory.", "Name the directory that holds the index.");
        }
        catch (DirectoryNotFoundException e)
        {
            throw new SegvaultException(ErrorCode.PathNotFound, $"{directory} does not exist.", "Check the path of the index.", e);
        }
        catch (PathTooLongException e)
        {
            throw new SegvaultException(ErrorCode.PathNotFound, $"{directory} is longer than a path can be, so it does not exist.", "Check the path of the index.", e);
        }
        catch (IOException e)
        {
            throw CannotRead(directory, e);
        }
    }

    /// <summary>What to throw when a file or directory of an index may not be read.</summary>
    public static SegvaultException MayNotRead(string path, Exception inner)
    {
        string owner = FileOwnership.DescribeOwner(path) ?? "its owner is unknown";
        return new SegvaultException(ErrorCode.PermissionDenied, $"{path} may not be read by this user; {owner}.",
            "Run as its owner or as root, or grant this user read access.", inner);
    }

    /// <summary>What to throw when reading failed for another reason.</summary>
    public static SegvaultException CannotRead(string path, Exception inner) =>
        new(ErrorCode.IoFailed, $"{path} could not be read: {inner.Message}", "Check the disk and the system's log.", inner);

    /// <summary>What to throw when an index that was there is there no longer.</summary>
    public static SegvaultException Vanished(string path, Exception? inner = null) =>
        new(ErrorCode.IndexVanished, $"{path} disappeared while the index was being read.",
            "Find out what removed or replaced the index, then try again.", inner, isTransient: true);

    /// <summary>The end of a sentence that begins with the name of something that is no regular file.</summary>
    public static string DescribeOddKind(FileKind kind) => kind switch
    {
        FileKind.SymbolicLink => "is a symbolic link, not a regular file",
        FileKind.Directory => "is a directory, not a regular file",
        _ => "is a FIFO, socket or device, not a regular file",
    };
}
