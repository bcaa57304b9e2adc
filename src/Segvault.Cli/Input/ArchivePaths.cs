namespace Segvault.Cli.Input;

/// <summary>Paths of archives and of directories that hold them, looked at before anything else is.</summary>
internal static class ArchivePaths
{
    /// <summary>A directory of archives that is there.</summary>
    /// <exception cref="SegvaultException">It is not.</exception>
    public static string ExistingDirectory(string directory)
    {
        var path = Path.GetFullPath(directory);
        return Directory.Exists(path)
            ? path
            : throw new SegvaultException(
                ErrorCode.PathNotFound,
                File.Exists(path) ? $"{path} is a file, not a directory of archives." : $"There is no directory {path}.",
                "Name a directory that holds archives.");
    }

    /// <summary>The directory around an archive, which need not be there itself: what is wrong with it is found when it is opened.</summary>
    /// <exception cref="SegvaultException">It is a directory.</exception>
    public static string DirectoryAround(string archive)
    {
        var path = Path.GetFullPath(archive);
        return Path.GetDirectoryName(path) is { } directory && !Directory.Exists(path)
            ? directory
            : throw new SegvaultException(
                ErrorCode.PathNotFound, $"{path} is a directory, not an archive.", $"Name one of the archives in it: `segvault archive list {path}` shows them.");
    }
}
