namespace Segvault.IO;

/// <summary>The directories that had to be made for a path to exist: flushed with what comes into them, or taken back when nothing does.</summary>
internal sealed class NewDirectories
{
    private readonly List<string> _made = [];

    private NewDirectories()
    {
    }

    /// <summary>Makes a directory and those above it.</summary>
    public static NewDirectories Create(string path)
    {
        var directories = new NewDirectories();
        for (var next = path; next is not null && !Directory.Exists(next); next = Path.GetDirectoryName(next))
            directories._made.Add(next);
        Directory.CreateDirectory(path);
        return directories;
    }

    /// <summary>Makes sure that their names outlive a power cut.</summary>
    public void Sync()
    {
        foreach (var directory in _made)
        {
            if (Path.GetDirectoryName(directory) is { } parent)
                Durable.SyncDirectory(parent);
        }
    }

    /// <summary>Removes those that are empty.</summary>
    public void Remove()
    {
        try
        {
            foreach (var directory in _made)
                Directory.Delete(directory);
        }
        catch (IOException)
        {
            // Somebody else has put something there.
        }
    }
}
