using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>
/// Takes back what making a repository left behind when it failed. Only empty directories and the read-me go, so that nothing is lost of a
/// repository that somebody else made meanwhile: a store makes again what it lacks.
/// </summary>
internal sealed class UnfinishedRepository
{
    private readonly LocalObjectStore _store;
    private readonly List<string> _missing = [];
    private readonly bool _wasEmpty;

    public UnfinishedRepository(LocalObjectStore store)
    {
        _store = store;
        for (var next = store.Root; next is not null && !Directory.Exists(next); next = Path.GetDirectoryName(next))
            _missing.Add(next);
        _wasEmpty = _missing.Count > 0 || !Directory.EnumerateFileSystemEntries(store.Root).Any();
    }

    public void Remove()
    {
        if (!_wasEmpty || File.Exists(Path.Combine(_store.Root, RepositoryDescriptor.ObjectName)))
            return;
        try
        {
            if (Directory.Exists(_store.Root))
            {
                File.Delete(Path.Combine(_store.Root, RepositoryReadme.FileName));
                foreach (var directory in Directory.EnumerateDirectories(_store.Root, "*", SearchOption.AllDirectories).OrderByDescending(path => path.Length).ToList())
                    Directory.Delete(directory);
            }

            foreach (var directory in _missing.Where(Directory.Exists))
                Directory.Delete(directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Why it failed is the better message, and the next attempt takes up what is left.
        }
    }
}
