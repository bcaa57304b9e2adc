using Segvault.Content;

namespace Segvault.Archives;

/// <summary>
/// The files of one backup, read out of the archives that hold them. Every archive is read whole, so that what was not asked for is known to be good
/// as well.
/// </summary>
internal sealed class ArchiveContent : ContentSource
{
    private readonly CatalogedArchive _archive;
    private readonly IReadOnlyDictionary<string, CatalogedArchive> _holders;
    private readonly Dictionary<string, CatalogedArchive> _elsewhere;
    private readonly IReadOnlyDictionary<string, string> _reused;
    private readonly Dictionary<string, double> _plainLengths = new(StringComparer.Ordinal);
    private long _bytesFetched;

    private ArchiveContent(CatalogedArchive archive, IReadOnlyDictionary<string, CatalogedArchive> holders, IReadOnlyDictionary<string, string> reused)
    {
        _archive = archive;
        _holders = holders;
        _elsewhere = archive.Manifest.Files
            .Where(file => file.Archive is { } name && holders.ContainsKey(name))
            .ToDictionary(file => file.File.Path, file => holders[file.Archive!], StringComparer.Ordinal);
        _reused = reused;
    }

    public override long BytesFetched => _bytesFetched;

    /// <summary>Finds every archive that a backup needs, and sees that each says of itself what this one says of it.</summary>
    /// <param name="archive">The archive of the backup.</param>
    /// <param name="catalog">The archives there are.</param>
    /// <param name="reuseFrom">An index that may have what lost archives held; null when there is none.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="DamageException">An archive is missing, or not the one recorded.</exception>
    public static async Task<ArchiveContent> OpenAsync(CatalogedArchive archive, ArchiveCatalog catalog, string? reuseFrom, CancellationToken cancellationToken)
    {
        var holders = new Dictionary<string, CatalogedArchive>(StringComparer.Ordinal);
        foreach (var reference in archive.Manifest.References)
        {
            if (catalog.Find(reference) is { } found)
                holders[reference.Name] = found;
        }

        var reused = new Dictionary<string, string>(StringComparer.Ordinal);
        var index = reuseFrom is null ? null : new ReusableIndex(reuseFrom);
        foreach (var file in archive.Manifest.Files.Where(file => file is { Archive: not null, Generated: false }))
        {
            if (holders.TryGetValue(file.Archive!, out var holder))
                EnsureHeld(archive, file, holder);
            else if (index is not null && await index.FindAsync(file.File, cancellationToken).ConfigureAwait(false) is { } path)
                reused[file.File.Path] = path;
            else
                throw LostArchives.Describe(archive, catalog, reuseFrom, file);
        }

        return new ArchiveContent(archive, holders, reused);
    }

    /// <summary>An estimate: an archive's bytes, divided among its files by their lengths.</summary>
    public override ValueTask<long> StoredLengthAsync(BackupFile file, CancellationToken cancellationToken)
    {
        if (_reused.ContainsKey(file.Path))
            return new ValueTask<long>(0);
        var holder = HolderOf(file);
        if (!_plainLengths.TryGetValue(holder.Path, out var total))
            _plainLengths.Add(holder.Path, total = Math.Max(1, holder.Manifest.Members.Sum(member => (double)member.File.Length)));
        return new ValueTask<long>((long)(holder.Length * (file.Length / total)));
    }

    public override async Task<byte[]> ReadAllAsync(BackupFile file, CancellationToken cancellationToken)
    {
        if (_reused.TryGetValue(file.Path, out var path))
        {
            using var content = new MemoryStream();
            await ReusableIndex.ReadAsync(path, bytes => content.WriteAsync(bytes, cancellationToken), cancellationToken).ConfigureAwait(false);
            return content.ToArray();
        }

        var reader = await OpenAsync(HolderOf(file), cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            return await reader.ReadMemberAsync(file, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task ReadAsync(IReadOnlyCollection<BackupFile> files, Func<BackupFile, IContentSink> open, CancellationToken cancellationToken)
    {
        var wanted = files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        foreach (var holder in _holders.Values.Append(_archive).DistinctBy(holder => holder.Path))
        {
            var reader = await OpenAsync(holder, cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadMembersAsync(
                    member => wanted.TryGetValue(member.File.Path, out var file) && HolderOf(file) == holder && !_reused.ContainsKey(file.Path) ? open(file) : null,
                    null,
                    cancellationToken).ConfigureAwait(false);
                _bytesFetched += reader.BytesRead;
            }
        }

        foreach (var (name, path) in _reused)
        {
            if (!wanted.TryGetValue(name, out var file))
                continue;
            var sink = open(file);
            await using (sink.ConfigureAwait(false))
            {
                await ReusableIndex.ReadAsync(path, bytes => sink.AppendAsync(bytes, cancellationToken), cancellationToken).ConfigureAwait(false);
                await sink.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override DamageException Damaged(BackupFile? file, string message)
    {
        var path = file is null || _reused.ContainsKey(file.Path) ? _archive.Path : HolderOf(file).Path;
        return new DamageException(ErrorCode.ArchiveDamaged, path, $"{path}: {message}", "Nothing was replaced. Restore another backup, or use another copy of the archive.");
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void EnsureHeld(CatalogedArchive archive, ArchivedFile file, CatalogedArchive holder)
    {
        if (!holder.Manifest.Holds(file.File))
            throw ArchiveFailure.Damaged(archive.Path, $"says that {holder.Name} holds {file.File.Path}, and {holder.Path} does not hold that file with that content");
    }

    /// <summary>Opens an archive again: it must still be the one that was found.</summary>
    private static async Task<ArchiveReader> OpenAsync(CatalogedArchive archive, CancellationToken cancellationToken)
    {
        var reader = await ArchiveReader.OpenAsync(archive.Path, cancellationToken).ConfigureAwait(false);
        if (reader.Manifest.Sha256 == archive.Manifest.Sha256)
            return reader;
        await reader.DisposeAsync().ConfigureAwait(false);
        throw ArchiveFailure.Damaged(archive.Path, "was replaced by another archive while it was being used");
    }

    private CatalogedArchive HolderOf(BackupFile file) => _elsewhere.GetValueOrDefault(file.Path, _archive);
}
