using Segvault.Archives;
using Segvault.Comparison;
using Segvault.Drill;
using Segvault.Engines;
using Segvault.Repositories;
using Segvault.Restore;

namespace Segvault;

/// <summary>The front door: takes, lists, verifies and restores backups of search indexes.</summary>
public sealed class BackupManager
{
    private readonly IBackupPlace _place;
    private readonly BackupManagerOptions _options;

    /// <summary>Works with the backups in a repository.</summary>
    public BackupManager(BackupRepository repository, BackupManagerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(repository);
        _place = new RepositoryPlace(repository.Objects);
        _options = options ?? new BackupManagerOptions();
    }

    /// <summary>Works with the archives in a directory.</summary>
    public BackupManager(ArchiveDirectory archives, BackupManagerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(archives);
        _place = new ArchivePlace(archives);
        _options = options ?? new BackupManagerOptions();
    }

    /// <summary>Backs up an index, consistently while its writer keeps writing.</summary>
    /// <param name="source">The index.</param>
    /// <param name="options">How; null means an incremental backup under the directory's name.</param>
    /// <param name="progress">Receives bytes read.</param>
    /// <param name="cancellationToken">Stops the backup; nothing is recorded then.</param>
    /// <exception cref="NotAnIndexException">The directory holds no index.</exception>
    /// <exception cref="RefusedException">The index is damaged, its name is taken, or it cannot fit.</exception>
    /// <exception cref="IndexBusyException">Another backup or restore, or with <see cref="BackupOptions.RequireIdle"/> a writer, holds the index.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The store failed at the very commit.</exception>
    public Task<BackupResult> CreateBackupAsync(
        IndexSource source, BackupOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return _place.CreateAsync(source, options ?? new BackupOptions(), _options, progress, cancellationToken);
    }

    /// <summary>Says what <see cref="CreateBackupAsync"/> would do, and stores nothing. Hooks of the source run all the same.</summary>
    /// <inheritdoc cref="CreateBackupAsync"/>
    public Task<BackupPlan> PlanBackupAsync(
        IndexSource source, BackupOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return _place.PlanAsync(source, options ?? new BackupOptions(), _options, progress, cancellationToken);
    }

    /// <summary>Restores a backup into a directory, proven before it replaces anything.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="target">A new or empty directory; or, with <see cref="IfTargetExists.Replace"/>, one that holds an index of the same engine.</param>
    /// <param name="options">How; null means never to replace anything.</param>
    /// <param name="progress">Receives bytes restored.</param>
    /// <param name="cancellationToken">Stops the restore; the target is as it was then.</param>
    /// <exception cref="RefusedException">The target must not be touched, or space is short.</exception>
    /// <exception cref="IndexBusyException">Another backup or restore, or a writer, holds the target.</exception>
    /// <exception cref="DamageException">The backup is damaged.</exception>
    public async Task<RestoreResult> RestoreBackupAsync(
        BackupId backup, string target, RestoreOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var manifest = await GetManifestAsync(backup, cancellationToken).ConfigureAwait(false);
        return await NewRestore(target, options, progress).RunAsync(manifest, target, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Restores a backup named as <see cref="FindBackupAsync"/> takes it: an archive also by its path.</summary>
    /// <param name="backup">An id, a unique prefix of one, <c>latest</c>, or the path or file name of an archive.</param>
    /// <inheritdoc cref="RestoreBackupAsync(BackupId, string, RestoreOptions?, IProgress{OperationProgress}?, CancellationToken)"/>
    /// <param name="target"/><param name="options"/><param name="progress"/><param name="cancellationToken"/>
    /// <exception cref="BackupNotFoundException">There is no such backup.</exception>
    public async Task<RestoreResult> RestoreBackupAsync(
        string backup, string target, RestoreOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var found = await FindBackupAsync(backup, cancellationToken: cancellationToken).ConfigureAwait(false);
        var manifest = await _place.GetManifestAsync(found, cancellationToken).ConfigureAwait(false);
        return await NewRestore(target, options, progress).RunAsync(manifest, target, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says what a restore of a backup would do that is named as <see cref="FindBackupAsync"/> takes it, and does nothing.</summary>
    /// <inheritdoc cref="RestoreBackupAsync(string, string, RestoreOptions?, IProgress{OperationProgress}?, CancellationToken)"/>
    public async Task<RestorePlan> PlanRestoreAsync(
        string backup, string target, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        var found = await FindBackupAsync(backup, cancellationToken: cancellationToken).ConfigureAwait(false);
        var manifest = await _place.GetManifestAsync(found, cancellationToken).ConfigureAwait(false);
        return await NewRestore(target, options, null).PlanAsync(manifest, target, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says what a restore would do, and does nothing.</summary>
    /// <inheritdoc cref="RestoreBackupAsync(BackupId, string, RestoreOptions?, IProgress{OperationProgress}?, CancellationToken)"/>
    public async Task<RestorePlan> PlanRestoreAsync(
        BackupId backup, string target, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        var manifest = await GetManifestAsync(backup, cancellationToken).ConfigureAwait(false);
        return await NewRestore(target, options, null).PlanAsync(manifest, target, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists the backups, in the order in which they were recorded.</summary>
    /// <param name="name">Only those of this index; null means all.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="DamageException">The log is damaged; thrown after the backups that can still be listed.</exception>
    /// <exception cref="UnsupportedFormatException">The log goes on with what only a newer version understands; thrown likewise.</exception>
    public IAsyncEnumerable<BackupSummary> ListBackupsAsync(string? name = null, CancellationToken cancellationToken = default) =>
        _place.ListAsync(name, cancellationToken);

    /// <summary>
    /// Finds the backup that a person means: an id, a unique prefix of four or more characters, or <c>latest</c>, with
    /// <paramref name="at"/> the newest whose snapshot was pinned at or before that time. When the log cannot be read to its end, a backup that it
    /// no longer tells of is found by its full id.
    /// </summary>
    /// <exception cref="BackupNotFoundException">None fits, or several do.</exception>
    /// <exception cref="DamageException">The log is damaged, and what is asked for may stand behind the damage.</exception>
    public Task<BackupSummary> FindBackupAsync(string backup, string? name = null, DateTimeOffset? at = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(backup);
        return _place.FindAsync(backup, name, at, cancellationToken);
    }

    /// <summary>Reads a backup's manifest. When the log cannot be read to its end, a backup that it no longer tells of is found by its id all the same.</summary>
    /// <exception cref="BackupNotFoundException">There is no such backup.</exception>
    /// <exception cref="DamageException">Its manifest is damaged.</exception>
    public Task<BackupManifest> GetManifestAsync(BackupId backup, CancellationToken cancellationToken = default) =>
        _place.GetManifestAsync(backup, cancellationToken);

    /// <summary>Says what differs between two backups, from their manifests alone.</summary>
    /// <exception cref="BackupNotFoundException">There is no such backup.</exception>
    /// <exception cref="DamageException">A manifest is damaged.</exception>
    public async Task<BackupComparison> CompareBackupsAsync(BackupId first, BackupId second, CancellationToken cancellationToken = default) =>
        BackupComparer.Compare(
            await GetManifestAsync(first, cancellationToken).ConfigureAwait(false), await GetManifestAsync(second, cancellationToken).ConfigureAwait(false));

    /// <summary>Verifies the repository, or some of its backups. What is wrong is in the report; nothing is thrown for it.</summary>
    public Task<VerifyReport> VerifyBackupsAsync(
        VerifyOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        _place.VerifyAsync(options ?? new VerifyOptions(), _options, progress, cancellationToken);

    /// <summary>
    /// Proves a backup: restores it into a scratch directory that is removed again, checks it as the engine would, has the engine itself open it where
    /// there is one, asks canary queries, and records the verdict. A backup that is not what it should be is in the result; nothing is thrown for it.
    /// </summary>
    /// <param name="backup">The backup, named as <see cref="FindBackupAsync"/> takes it.</param>
    /// <param name="options">How; null means with the engine that is installed, if there is one.</param>
    /// <param name="progress">Receives bytes restored and checked.</param>
    /// <param name="cancellationToken">Stops the drill; nothing is recorded then.</param>
    /// <exception cref="BackupNotFoundException">There is no such backup.</exception>
    /// <exception cref="RefusedException">There is not enough space to restore it.</exception>
    /// <exception cref="SegvaultException">A query needs the engine, and there is none (<see cref="ErrorCode.EngineNeeded"/>).</exception>
    /// <exception cref="DamageException">The store spoilt the entry of the log that was to record the verdict. The message tells what that was.</exception>
    public async Task<DrillResult> DrillBackupAsync(
        string backup, DrillOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var found = await FindBackupAsync(backup, cancellationToken: cancellationToken).ConfigureAwait(false);
        var runner = new DrillRunner(_place, _options, options ?? new DrillOptions(), progress);
        return await runner.RunAsync(found, token => _place.GetManifestAsync(found, token), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="DrillBackupAsync(string, DrillOptions?, IProgress{OperationProgress}?, CancellationToken)"/>
    public Task<DrillResult> DrillBackupAsync(
        BackupId backup, DrillOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        DrillBackupAsync(backup.ToString(), options, progress, cancellationToken);

    private RestoreRunner NewRestore(string target, RestoreOptions? options, IProgress<OperationProgress>? progress)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        return new RestoreRunner(_place, _options, options ?? new RestoreOptions(), progress);
    }
}
