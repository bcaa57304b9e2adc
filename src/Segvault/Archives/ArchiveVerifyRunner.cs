using Segvault.Verify;

namespace Segvault.Archives;

/// <summary>Verifies archives: that each is whole and has what it needs, and with the data level every byte of it and of those that it needs.</summary>
internal sealed class ArchiveVerifyRunner(ArchiveDirectory directory, BackupManagerOptions manager, VerifyOptions options, IProgress<OperationProgress>? progress)
{
    private readonly ProblemList _problems = new();
    private readonly Dictionary<string, CatalogedArchive> _toRead = new(StringComparer.Ordinal);
    private long _bytesRead;
    private long _files;
    private int _unreadable;

    public async Task<VerifyReport> RunAsync(CancellationToken cancellationToken)
    {
        var started = manager.TimeProvider.GetTimestamp();
        var asked = options.Archives.Select(path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))).Distinct(StringComparer.Ordinal).ToList();
        var directories = directory.Options.BaseDirectories.Select(Path.GetFullPath).Prepend(directory.Path)
            .Concat(asked.Select(path => Directory.Exists(path) ? path : Path.GetDirectoryName(path)!));
        var catalog = await ArchiveCatalog.LoadAsync(directories, cancellationToken).ConfigureAwait(false);
        var selected = await SelectAsync(catalog, asked, cancellationToken).ConfigureAwait(false);
        foreach (var archive in selected)
            CheckNeeds(archive, catalog);
        if (options.Level == VerifyLevel.Data)
            await ReadAllAsync(selected, cancellationToken).ConfigureAwait(false);
        return new VerifyReport
        {
            Level = options.Level,
            Backups = selected.Count + _unreadable,
            Packs = _toRead.Count + _unreadable,
            Chunks = _files,
            BytesRead = _bytesRead,
            Problems = _problems.ToReport(),
            Elapsed = manager.TimeProvider.GetElapsedTime(started),
        };
    }

    private async Task<List<CatalogedArchive>> SelectAsync(ArchiveCatalog catalog, List<string> asked, CancellationToken cancellationToken)
    {
        if (asked.Count == 0 && options.Backups.IsEmpty)
        {
            return SelectIn(directory.Path, catalog);
        }

        var selected = catalog.Archives.Where(archive => options.Backups.Contains(archive.Manifest.Backup.Id)).ToList();
        if (options.Backups.Except(selected.Select(archive => archive.Manifest.Backup.Id)).ToList() is [var absent, ..])
            throw new BackupNotFoundException(ErrorCode.BackupNotFound, $"There is no backup {absent} in {directory.Path}.", "`segvault archive list` shows the archives.");
        foreach (var path in asked)
        {
            if (Directory.Exists(path))
            {
                selected.AddRange(SelectIn(path, catalog));
                continue;
            }

            try
            {
                selected.Add(await ArchiveCatalog.ReadAsync(path, cancellationToken).ConfigureAwait(false));
            }
            catch (SegvaultException exception) when (exception is DamageException or RefusedException)
            {
                AddUnreadable(path, exception);
            }
        }

        return [.. selected.DistinctBy(archive => archive.Path)];
    }

    private List<CatalogedArchive> SelectIn(string place, ArchiveCatalog catalog)
    {
        foreach (var unreadable in catalog.Unreadable.Where(unreadable => Path.GetDirectoryName(unreadable.Path) == place))
            AddUnreadable(unreadable.Path, unreadable.Problem);
        return [.. catalog.Archives.Where(archive => Path.GetDirectoryName(archive.Path) == place)];
    }

    private void AddUnreadable(string path, SegvaultException exception)
    {
        _unreadable++;
        _problems.Add(path, exception.Message, null, null);
    }

    private void CheckNeeds(CatalogedArchive archive, ArchiveCatalog catalog)
    {
        var backup = archive.Manifest.Backup.Id;
        _toRead.TryAdd(archive.Path, archive);
        foreach (var reference in archive.Manifest.References)
        {
            var held = archive.Manifest.Files.Where(file => file.Archive == reference.Name && !file.Generated).ToList();
            if (catalog.Find(reference) is not { } holder)
            {
                foreach (var file in held)
                    _problems.Add(reference.Name, "is not there as it was when the archives that need it were made.", backup, file.File.Path);
                continue;
            }

            _toRead.TryAdd(holder.Path, holder);
            foreach (var file in held.Where(file => !holder.Manifest.Holds(file.File)))
                _problems.Add(archive.Path, $"says that {holder.Name} holds files that it does not hold.", backup, file.File.Path);
        }
    }

    private async Task ReadAllAsync(List<CatalogedArchive> selected, CancellationToken cancellationToken)
    {
        var total = _toRead.Values.Sum(archive => archive.Manifest.Members.Sum(member => member.File.Length));
        var done = 0L;
        foreach (var archive in _toRead.Values.OrderBy(archive => archive.Path, StringComparer.Ordinal))
        {
            try
            {
                var reader = await ArchiveReader.OpenAsync(archive.Path, cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    await reader.ReadMembersAsync(_ => null, read => progress?.Report(new OperationProgress("verify", done += read, total)), cancellationToken).ConfigureAwait(false);
                    _files += reader.Manifest.Members.Count();
                    _bytesRead += reader.BytesRead;
                }
            }
            catch (Exception exception) when (exception is DamageException or RefusedException or BackupNotFoundException or IOException or UnauthorizedAccessException)
            {
                Blame(archive, exception.Message, selected);
            }
        }
    }

    /// <summary>Records a defect with every backup that it harms: the archive's own, and those that need it.</summary>
    private void Blame(CatalogedArchive damaged, string problem, List<CatalogedArchive> selected)
    {
        foreach (var archive in selected)
        {
            var manifest = archive.Manifest;
            var names = manifest.References.Where(damaged.Is).Select(reference => reference.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var file in manifest.Files.Where(file => !file.Generated && (file.Archive is null ? archive == damaged : names.Contains(file.Archive))))
                _problems.Add(damaged.Path, problem, manifest.Backup.Id, file.File.Path);
        }
    }
}
