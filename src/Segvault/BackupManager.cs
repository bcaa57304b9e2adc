using Segvault.Engines;

namespace Segvault;

/// <summary>The front door: takes, lists, verifies and restores backups of search indexes.</summary>
public sealed class BackupManager
{
    private readonly BackupRepository _repository;
    private readonly BackupManagerOptions _options;

    /// <summary>Works with the backups in a repository.</summary>
    public BackupManager(BackupRepository repository, BackupManagerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(repository);
        _repository = repository;
        _options = options ?? new BackupManagerOptions();
    }

    /// <summary>Backs up an index, consistently while its writer keeps writing.</summary>
    public Task<BackupResult> CreateBackupAsync(
        IndexSource source, BackupOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("stub");

    /// <summary>Says what <see cref="CreateBackupAsync"/> would do, and does nothing.</summary>
    public Task<BackupPlan> PlanBackupAsync(
        IndexSource source, BackupOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("stub");

    /// <summary>Restores a backup into a directory, proven before it replaces anything.</summary>
    public Task<RestoreResult> RestoreBackupAsync(
        BackupId backup, string target, RestoreOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("stub");

    /// <summary>Says what <see cref="RestoreBackupAsync"/> would do, and does nothing.</summary>
    public Task<RestorePlan> PlanRestoreAsync(
        BackupId backup, string target, RestoreOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("stub");

    /// <summary>Lists the backups, oldest first.</summary>
    /// <param name="name">Only those of this index; null means all.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    public IAsyncEnumerable<BackupSummary> ListBackupsAsync(string? name = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("stub");

    /// <summary>
    /// Finds the backup that a person means: an id, a unique prefix of four or more characters, or <c>latest</c>, with
    /// <paramref name="at"/> the newest whose snapshot was pinned at or before that time.
    /// </summary>
    public Task<BackupSummary> FindBackupAsync(string backup, string? name = null, DateTimeOffset? at = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("stub");

    /// <summary>Reads a backup's manifest.</summary>
    public Task<BackupManifest> GetManifestAsync(BackupId backup, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("stub");

    /// <summary>Verifies the repository, or some of its backups. What is wrong is in the report; nothing is thrown for it.</summary>
    public Task<VerifyReport> VerifyBackupsAsync(
        VerifyOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("stub");
}
