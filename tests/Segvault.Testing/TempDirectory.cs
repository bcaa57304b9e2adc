using Segvault.Testing.Stores;

namespace Segvault.Testing;

/// <summary>A scratch directory of one test: real, empty, its own, and gone when disposed. Every repository in it must be consistent then, whoever made it.</summary>
internal sealed class TempDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const string Memory = "/dev/shm";

    public TempDirectory()
        : this(Directory.CreateTempSubdirectory("segvault-tests-").FullName)
    {
    }

    private TempDirectory(string path) => Path = path;

    /// <summary>One in memory where there is such a place, for tests with thousands of flushes that nothing has to survive.</summary>
    public static TempDirectory InMemory() => Directory.Exists(Memory)
        ? new TempDirectory(Directory.CreateDirectory(System.IO.Path.Combine(Memory, $"segvault-tests-{Guid.NewGuid():n}")).FullName)
        : new TempDirectory();

    /// <summary>The absolute path of the directory.</summary>
    public string Path { get; }

    /// <summary>Set by tests that damage a repository in here on purpose, with the reason: none is asked to be consistent at the end then.</summary>
    public string? DamagedBecause { get; set; }

    /// <summary>An absolute path below the directory; nothing is created.</summary>
    public string Combine(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Creates a directory below this one, its parents included.</summary>
    public string CreateDirectory(params ReadOnlySpan<string> parts) => Directory.CreateDirectory(Combine(parts)).FullName;

    /// <summary>Asks every repository in here whether it is consistent, for those who take away before the end what would be asked then.</summary>
    public void AssertConsistent()
    {
        if (DamagedBecause is null)
            RepositoryConsistency.AssertBelow(Path);
    }

    /// <summary>Removes everything, also what a test made read-only. Links are removed, never followed.</summary>
    public void Dispose()
    {
        if (!Directory.Exists(Path)) return;
        MakeRemovable(new DirectoryInfo(Path));
        try
        {
            AssertConsistent();
        }
        finally
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static void MakeRemovable(DirectoryInfo directory)
    {
        if (!OperatingSystem.IsWindows())
            directory.UnixFileMode = OwnerOnly;

        foreach (FileSystemInfo entry in directory.EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is not null) continue;
            if (entry is DirectoryInfo child)
                MakeRemovable(child);
            else if (OperatingSystem.IsWindows())
                entry.Attributes &= ~FileAttributes.ReadOnly;
        }
    }
}
