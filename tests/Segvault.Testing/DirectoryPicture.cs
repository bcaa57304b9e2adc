using System.Globalization;
using System.Security.Cryptography;
using Segvault.IO;
using Segvault.Locking;

namespace Segvault.Testing;

/// <summary>What is in a directory, in a form that a test can compare.</summary>
internal static class DirectoryPicture
{
    /// <summary>
    /// Every name at any depth with a hash of the content. Left out are the engine's lock files, which may come into being at any time, on
    /// Windows also our own, which stay there, and <c>.managed.json</c>, which lists the same files in any order: see
    /// <see cref="RestoreBench.FindProblemsAsync"/>.
    /// </summary>
    public static SortedDictionary<string, string> Contents(string directory)
    {
        var picture = Take(directory, metadata: false);
        picture.Remove(".managed.json");
        return picture;
    }

    /// <summary>The same with mode, owner, time and inode of everything: nothing was touched when two of these are equal.</summary>
    public static SortedDictionary<string, string> Everything(string directory) => Take(directory, metadata: true);

    private static SortedDictionary<string, string> Take(string directory, bool metadata)
    {
        var picture = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(new DirectoryInfo(directory), directory, metadata, picture);
        return picture;
    }

    private static bool IsLock(string name) =>
        name.StartsWith(".tantivy-", StringComparison.Ordinal) || (OperatingSystem.IsWindows() && name == LockFileProvider.FileName);

    private static void Add(DirectoryInfo directory, string root, bool metadata, SortedDictionary<string, string> picture)
    {
        foreach (var entry in directory.EnumerateFileSystemInfos().Where(entry => !IsLock(entry.Name)))
        {
            var status = FileStatus.TryRead(entry.FullName)!;
            var content = status.Kind switch
            {
                FileKind.Regular => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(entry.FullName))),
                FileKind.SymbolicLink => $"-> {entry.LinkTarget}",
                _ => status.Kind.ToString(),
            };
            if (metadata)
                content += string.Create(CultureInfo.InvariantCulture, $" {status.Mode} {status.UserId}:{status.GroupId} {status.ModifiedAt:O} {status.Identity.Inode}");
            picture.Add(Path.GetRelativePath(root, entry.FullName), content);
            if (status.Kind == FileKind.Directory)
                Add((DirectoryInfo)entry, root, metadata, picture);
        }
    }
}
