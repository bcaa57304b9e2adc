namespace Segvault.Cli.Commands;

/// <summary>A directory to work in: a temporary one that is removed, or one that a person named and keeps.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private ScratchDirectory(string path, bool kept)
    {
        Path = path;
        IsKept = kept;
    }

    public string Path { get; }

    public bool IsKept { get; }

    /// <param name="keep">A new or empty directory to keep; null means a temporary one.</param>
    public static ScratchDirectory Create(string? keep)
    {
        if (keep is null)
        {
            return new ScratchDirectory(Directory.CreateTempSubdirectory("segvault-demo-").FullName, kept: false);
        }

        var path = System.IO.Path.GetFullPath(keep);
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw new RefusedException(ErrorCode.TargetExists, $"{path} exists and is not empty.", "Give --keep a new or empty directory.");
        }

        Directory.CreateDirectory(path);
        return new ScratchDirectory(path, kept: true);
    }

    public void Dispose()
    {
        if (!IsKept)
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
