using System.Collections.Immutable;
using Segvault.Archives.Compression;
using Segvault.Engines;

namespace Segvault.Archives;

/// <summary>An archive in a directory, of which the manifest was read.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Length">Its size in bytes.</param>
/// <param name="Manifest">Its manifest.</param>
internal sealed record CatalogedArchive(string Path, long Length, ArchiveManifest Manifest)
{
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>True when this is the archive that another one's manifest records.</summary>
    public bool Is(ArchiveReference reference) => Length == reference.Length && Manifest.Sha256 == reference.ManifestSha256;
}

/// <summary>A file that has an archive's name, and what is wrong with it.</summary>
internal sealed record UnreadableArchive(string Path, SegvaultException Problem);

/// <summary>The archives in one or more directories, oldest first: of each only the manifest is read, and that its end is there.</summary>
internal sealed class ArchiveCatalog
{
    private ArchiveCatalog(ImmutableArray<CatalogedArchive> archives, ImmutableArray<UnreadableArchive> unreadable)
    {
        Archives = archives;
        Unreadable = unreadable;
    }

    /// <summary>The archives whose manifest could be read, oldest first.</summary>
    public ImmutableArray<CatalogedArchive> Archives { get; }

    /// <summary>What is wrong with the others that Segvault gave their names.</summary>
    public ImmutableArray<UnreadableArchive> Unreadable { get; }

    /// <summary>Reads the directories. Tars that are no backups are passed over, unless their name says that they should be one.</summary>
    public static async Task<ArchiveCatalog> LoadAsync(IEnumerable<string> directories, CancellationToken cancellationToken)
    {
        var archives = new List<CatalogedArchive>();
        var unreadable = new List<UnreadableArchive>();
        foreach (var path in directories.Distinct(StringComparer.Ordinal).Where(Directory.Exists).SelectMany(Files))
        {
            try
            {
                archives.Add(await ReadAsync(path, cancellationToken).ConfigureAwait(false));
            }
            catch (BackupNotFoundException)
            {
                // Deleted meanwhile.
            }
            catch (Exception exception) when (exception is SegvaultException or IOException or UnauthorizedAccessException)
            {
                if (ArchiveName.IsOurs(Path.GetFileName(path)))
                {
                    var problem = exception as SegvaultException ?? ArchiveFailure.Damaged(path, $"cannot be read: {exception.Message.TrimEnd('.')}", exception);
                    unreadable.Add(new UnreadableArchive(path, problem));
                }
            }
        }

        return new ArchiveCatalog(
            [.. archives.OrderBy(archive => archive.Manifest.Backup.PinnedAt).ThenBy(archive => archive.Manifest.Backup.CreatedAt).ThenBy(archive => archive.Name, StringComparer.Ordinal)],
            [.. unreadable]);
    }

    /// <summary>Reads one archive's manifest, and sees that its end is there.</summary>
    public static async Task<CatalogedArchive> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var reader = await ArchiveReader.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            if (reader.End == EndMark.Cut)
                throw ArchiveFailure.Damaged(path, "is cut short: its end is missing");
            var manifest = reader.Manifest.KnowsDocuments ? reader.Manifest : await CountAsync(reader, cancellationToken).ConfigureAwait(false);
            return new CatalogedArchive(path, reader.Length, manifest with { Backup = manifest.Backup with { Archive = path } });
        }
    }

    /// <summary>What a manifest made by hand does not say, the commit file does.</summary>
    private static async Task<ArchiveManifest> CountAsync(ArchiveReader reader, CancellationToken cancellationToken)
    {
        var manifest = reader.Manifest;
        var engine = IndexEngines.All.FirstOrDefault(engine => engine.Name == manifest.Backup.Engine);
        if (manifest.Members.FirstOrDefault(member => engine?.Classify(member.File.Path) == EngineFileRole.Commit) is not { } commitFile)
            return manifest;
        var content = await reader.ReadMemberAsync(commitFile.File, cancellationToken).ConfigureAwait(false);
        var commit = engine!.ReadCommit(name => name == commitFile.File.Path ? content : null);
        return manifest with
        {
            Backup = manifest.Backup with { Documents = commit.Documents, DeletedDocuments = commit.DeletedDocuments, Segments = commit.Segments },
        };
    }

    /// <summary>The archive that a manifest records: under its name, or else, when somebody renamed it, under another. Null when it is not there.</summary>
    public CatalogedArchive? Find(ArchiveReference reference) =>
        Archives.FirstOrDefault(archive => archive.Name == reference.Name && archive.Is(reference)) ?? Archives.FirstOrDefault(archive => archive.Is(reference));

    /// <summary>The archives that a backup needs and that are not there as recorded.</summary>
    public ImmutableArray<ArchiveReference> MissingOf(ArchiveManifest manifest) => [.. manifest.References.Where(reference => Find(reference) is null)];

    /// <summary>What a list shows of an archive.</summary>
    public BackupSummary Summarize(CatalogedArchive archive)
    {
        var backup = archive.Manifest.Backup;
        return new BackupSummary
        {
            Id = backup.Id,
            Type = backup.Type,
            Base = backup.Base,
            Time = backup.PinnedAt,
            Name = backup.Name,
            Host = backup.Host,
            Path = backup.IndexPath,
            Engine = backup.Engine,
            Documents = backup.Documents,
            Segments = backup.Segments.Length,
            Files = backup.Files.Length,
            Bytes = backup.TotalSize,
            BytesStored = archive.Length,
            Note = backup.Note,
            Labels = backup.Labels,
            Flags = backup.Flags,
            Archive = archive.Path,
            BaseArchive = archive.Manifest.BaseArchive,
            Needs = [.. archive.Manifest.References.Select(reference => reference.Name)],
            Missing = [.. MissingOf(archive.Manifest).Select(reference => reference.Name)],
        };
    }

    private static IEnumerable<string> Files(string directory) =>
        new DirectoryInfo(directory).EnumerateFiles().Where(file => ArchiveName.MayBeArchive(file.Name)).Select(file => file.FullName).Order(StringComparer.Ordinal);
}
