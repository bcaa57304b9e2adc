using Segvault.Engines;

namespace Segvault.Archives;

/// <summary>Which archives are of the index at hand: a name that was given says so; the directory's name alone does not, so the path counts too.</summary>
/// <param name="Name">The index's name.</param>
/// <param name="Path">Its path; null when the name is enough.</param>
internal sealed record ArchivedIndex(string Name, string? Path)
{
    public static ArchivedIndex Of(IndexSource source, BackupOptions options, string name) =>
        new(name, options.Name is null ? System.IO.Path.TrimEndingDirectorySeparator(source.Path) : null);

    public bool IsOf(CatalogedArchive archive) =>
        archive.Manifest.Backup.Name == Name && (Path is null || archive.Manifest.Backup.IndexPath == Path);
}
