namespace Segvault.Archives;

/// <summary>What is said when an archive that a backup needs is not there: which, who else needs it, and what can still be restored.</summary>
internal static class LostArchives
{
    private const int MostNamed = 8;

    private const string Hint =
        "Put a good copy beside the others, name the directory that has one with --base, or give an index that still has its files with --reuse.";

    public static DamageException Describe(CatalogedArchive archive, ArchiveCatalog catalog, string? reuseFrom, ArchivedFile lost)
    {
        var missing = catalog.MissingOf(archive.Manifest).First(reference => reference.Name == lost.Archive);
        if (catalog.Unreadable.FirstOrDefault(unreadable => Path.GetFileName(unreadable.Path) == missing.Name) is { } damaged)
        {
            return new DamageException(
                ErrorCode.ArchiveDamaged,
                damaged.Path,
                $"{archive.Path} needs {missing.Name}, which is damaged: {damaged.Problem.Message}{Consequences(archive, catalog, missing)}",
                Hint);
        }

        var namesake = catalog.Archives.FirstOrDefault(other => other.Name == missing.Name);
        var what = namesake is null
            ? $"{missing.Name} ({missing.Length} bytes), which is not there"
            : $"{missing.Name} with {missing.Length} bytes, and {namesake.Path} is another archive: it has {namesake.Length} bytes{(namesake.Length == missing.Length ? ", but not the same manifest" : "")}";
        var reuse = reuseFrom is null ? "" : $" {reuseFrom} does not have {lost.File.Path} with the same content.";
        return new DamageException(
            ErrorCode.ArchiveMissing,
            missing.Name,
            $"{archive.Path} needs {what}.{reuse}{Consequences(archive, catalog, missing)}",
            Hint);
    }

    private static string Consequences(CatalogedArchive archive, ArchiveCatalog catalog, ArchiveReference missing)
    {
        var needing = catalog.Archives.Where(other => other.Manifest.References.Contains(missing)).Select(other => other.Name);
        var whole = catalog.Archives.Where(other => catalog.MissingOf(other.Manifest).IsEmpty).Select(other => other.Name);
        return $" Archives that need it: {Name(needing.DefaultIfEmpty(archive.Name))}. Archives that can still be restored: {Name(whole)}.";
    }

    private static string Name(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count == 0 ? "none" : string.Join(", ", all.Take(MostNamed)) + (all.Count > MostNamed ? $" and {all.Count - MostNamed} more" : "");
    }
}
