using Microsoft.Extensions.Logging;
using Segvault.Content;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault;

/// <summary>A place where backups are kept, as <see cref="BackupManager"/> sees it: a repository, or a directory of archives.</summary>
internal interface IBackupPlace
{
    Task<BackupResult> CreateAsync(
        IndexSource source, BackupOptions options, BackupManagerOptions manager, IProgress<OperationProgress>? progress, CancellationToken cancellationToken);

    Task<BackupPlan> PlanAsync(
        IndexSource source, BackupOptions options, BackupManagerOptions manager, IProgress<OperationProgress>? progress, CancellationToken cancellationToken);

    IAsyncEnumerable<BackupSummary> ListAsync(string? name, CancellationToken cancellationToken);

    Task<BackupSummary> FindAsync(string backup, string? name, DateTimeOffset? at, CancellationToken cancellationToken);

    Task<BackupManifest> GetManifestAsync(BackupId backup, CancellationToken cancellationToken);

    /// <summary>The manifest of a backup that was found or listed here.</summary>
    Task<BackupManifest> GetManifestAsync(BackupSummary backup, CancellationToken cancellationToken);

    Task<VerifyReport> VerifyAsync(
        VerifyOptions options, BackupManagerOptions manager, IProgress<OperationProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Keeps the verdict of a drill, where such are kept.</summary>
    /// <returns>Why it could not be kept; null when it was, or when this place keeps none.</returns>
    Task<OperationWarning?> RecordDrillAsync(DrillBody verdict, ILogger logger, CancellationToken cancellationToken);

    /// <summary>Opens what a restore reads. What can be seen to be missing or wrong without reading it all is told here.</summary>
    Task<ContentSource> OpenContentAsync(BackupManifest manifest, RestoreOptions options, CancellationToken cancellationToken);

    /// <summary>Refuses a target that overlaps with the place.</summary>
    /// <param name="directory">The target by its real path.</param>
    /// <param name="path">The target as it was given.</param>
    void EnsureTargetApart(string directory, string path);
}
