namespace Segvault.IO;

/// <summary>The directories that had to be made for a path to exist, so that they can be taken back when nothing comes into them.</summary>
internal sealed class NewDirectories
{
    private readonly List<string> _made = [];

    private NewDirectories()
    {
    }

    /// <summary>Makes a directory and those above it; their names outlive a power cut.</summary>
    public static NewDirectories Create(string path)
    {
        var directories = new NewDirectories();
        for (var next = path; next is not null && !Directory.Exists(next); next = Path.GetDirectoryName(next))
            directories._made.Add(next);
        try
        {
            Directory.CreateDirectory(path);
            foreach (var directory in directories._made)
                Durable.SyncDirectory(Path.GetDirectoryName(directory)!);
        }
        catch
        {
            directories.Remove();
            throw;
        }

        return directories;
    }

    /// <summary>Removes those that are empty.</summary>
    public void Remove()
    {
        try
        {
            foreach (var directory in _made.Where(Directory.Exists))
                Directory.Delete(directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody else has put something there; why this is called is the better message.
        }
    }
}
