using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Segvault.Content;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Archives;

/// <summary>A directory of archives as a place where backups are kept.</summary>
internal sealed class ArchivePlace(ArchiveDirectory directory) : IBackupPlace
{
    public Task<BackupResult> CreateAsync(
        IndexSource source, BackupOptions options, BackupManagerOptions manager, IProgress<OperationProgress>? progress, CancellationToken cancellationToken) =>
        new ArchiveRunner(directory, manager, options, progress).RunAsync(source, cancellationToken);

    public Task<BackupPlan> PlanAsync(
        IndexSource source, BackupOptions options, BackupManagerOptions manager, IProgress<OperationProgress>? progress, CancellationToken cancellationToken) =>
        new ArchiveRunner(directory, manager, options, progress).PlanAsync(source, cancellationToken);

    public async IAsyncEnumerable<BackupSummary> ListAsync(string? name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var catalog = await LoadAsync(null, cancellationToken).ConfigureAwait(false);
        foreach (var archive in catalog.Archives.Where(archive => IsHere(archive) && (name is null || archive.Manifest.Backup.Name == name)))
            yield return catalog.Summarize(archive);
        if (catalog.Unreadable.FirstOrDefault(unreadable => Path.GetDirectoryName(unreadable.Path) == directory.Path) is { } first)
            throw first.Problem;
    }

    public async Task<BackupSummary> FindAsync(string backup, string? name, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        if (PathOf(backup) is { } path)
        {
            var archive = await ArchiveCatalog.ReadAsync(path, cancellationToken).ConfigureAwait(false);
            return (await LoadAsync(path, cancellationToken).ConfigureAwait(false)).Summarize(archive);
        }

        var catalog = await LoadAsync(null, cancellationToken).ConfigureAwait(false);
        return BackupFinder.Find(
            [.. catalog.Archives.Select(catalog.Summarize).DistinctBy(summary => summary.Id)], catalog.Unreadable.FirstOrDefault()?.Problem, backup, name, at, directory.Path);
    }

    public async Task<BackupManifest> GetManifestAsync(BackupId backup, CancellationToken cancellationToken)
    {
        var catalog = await LoadAsync(null, cancellationToken).ConfigureAwait(false);
        return catalog.Archives.FirstOrDefault(archive => archive.Manifest.Backup.Id == backup)?.Manifest.Backup
            ?? throw (catalog.Unreadable.FirstOrDefault()?.Problem ?? new BackupNotFoundException(
                ErrorCode.BackupNotFound, $"There is no backup {backup} in {directory.Path}.", "`segvault archive list` shows the archives."));
    }

    public async Task<BackupManifest> GetManifestAsync(BackupSummary backup, CancellationToken cancellationToken) =>
        (await ArchiveCatalog.ReadAsync(backup.Archive!, cancellationToken).ConfigureAwait(false)).Manifest.Backup;

    public Task<VerifyReport> VerifyAsync(
        VerifyOptions options, BackupManagerOptions manager, IProgress<OperationProgress>? progress, CancellationToken cancellationToken) =>
        options is { Sample: null, MaxAge: null }
            ? new ArchiveVerifyRunner(directory, manager, options, progress).RunAsync(cancellationToken)
            : throw new ArgumentException("Archives are always read whole: nothing is remembered of them.", nameof(options));

    public Task<OperationWarning?> RecordDrillAsync(DrillBody verdict, ILogger logger, CancellationToken cancellationToken) => Task.FromResult<OperationWarning?>(null);

    public async Task<ContentSource> OpenContentAsync(BackupManifest manifest, RestoreOptions options, CancellationToken cancellationToken)
    {
        var path = manifest.Archive!;
        var archive = await ArchiveCatalog.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        if (archive.Manifest.Backup.Id != manifest.Id)
            throw ArchiveFailure.Damaged(path, "was replaced by another archive while it was being used");
        return await ArchiveContent.OpenAsync(archive, await LoadAsync(path, cancellationToken).ConfigureAwait(false), options.ReuseFrom, cancellationToken).ConfigureAwait(false);
    }

    public void EnsureTargetApart(string target, string path) => ArchiveDirectory.EnsureNotInside(directory.Path, target, $"The target {path}", "Restore to a place outside it.");

    /// <summary>The path that a backup is named by; null when it is named by an id or as the latest.</summary>
    private string? PathOf(string backup)
    {
        if (backup == BackupFinder.Latest || BackupId.TryParse(backup, null, out _))
            return null;
        var inside = Path.GetFullPath(Path.Combine(directory.Path, backup));
        if (File.Exists(inside))
            return inside;
        var here = Path.GetFullPath(backup);
        return File.Exists(here) ? here : ArchiveName.MayBeArchive(backup) || backup.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? throw ArchiveFailure.NotFound(inside) : null;
    }

    private bool IsHere(CatalogedArchive archive) => Path.GetDirectoryName(archive.Path) == directory.Path;

    /// <summary>The archives of the directory and those where bases may be; with an archive from elsewhere, also those beside it.</summary>
    private Task<ArchiveCatalog> LoadAsync(string? path, CancellationToken cancellationToken)
    {
        var directories = directory.Options.BaseDirectories.Select(Path.GetFullPath).Prepend(directory.Path);
        return ArchiveCatalog.LoadAsync(path is null ? directories : directories.Append(Path.GetDirectoryName(path)!), cancellationToken);
    }
}
