namespace Segvault.Testing;

/// <summary>Where the sources of this project are, seen from a test that runs out of artifacts/bin.</summary>
internal static class RepositoryRoot
{
    private static readonly Lazy<string> Root = new(Find);

    /// <summary>An absolute path below the directory that holds Segvault.slnx.</summary>
    public static string Combine(params ReadOnlySpan<string> parts) => Path.Combine([Root.Value, .. parts]);

    private static string Find()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Segvault.slnx")))
                return directory.FullName;
        }
        throw new DirectoryNotFoundException($"No directory above {AppContext.BaseDirectory} holds Segvault.slnx.");
    }
}
