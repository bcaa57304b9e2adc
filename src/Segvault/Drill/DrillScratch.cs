namespace Segvault.Drill;

/// <summary>A new directory to restore into, removed at the end whatever happens.</summary>
internal sealed class DrillScratch : IDisposable
{
    private const string Prefix = "segvault-drill-";

    private DrillScratch(string path) => Path = path;

    public string Path { get; }

    /// <param name="parent">An existing directory; null means the system's temporary one.</param>
    /// <exception cref="SegvaultException">It is not there.</exception>
    public static DrillScratch Create(string? parent)
    {
        var directory = System.IO.Path.GetFullPath(parent ?? System.IO.Path.GetTempPath());
        if (!Directory.Exists(directory))
            throw new SegvaultException(ErrorCode.PathNotFound, $"There is no directory {directory} to restore into.", "Name one that exists, on a file system with room for the index.");
        var path = System.IO.Path.Combine(directory, Prefix + Guid.NewGuid().ToString("n"));
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new DrillScratch(path);
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody was faster.
        }
    }
}
