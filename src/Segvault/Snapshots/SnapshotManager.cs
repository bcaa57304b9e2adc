using Segvault.Engines;
using Segvault.Snapshots;

namespace Segvault;

/// <summary>
/// Makes consistent copies of live indexes for other tools, by hard links and clones where they are possible. Needs no repository.
/// A hard link is the index's own file under a second name: whoever writes into it, or changes its owner or mode, does so to the index.
/// </summary>
public sealed class SnapshotManager
{
    private readonly BackupManagerOptions _manager;

    /// <summary>Makes snapshots with a lock provider, logger and clock; all have defaults.</summary>
    public SnapshotManager(BackupManagerOptions? options = null) => _manager = options ?? new BackupManagerOptions();

    /// <summary>Makes a snapshot that stays until somebody deletes it.</summary>
    /// <param name="source">The index.</param>
    /// <param name="directory">A directory that does not exist or is empty. It appears whole, or not at all.</param>
    /// <param name="options">How; null means beside a live writer.</param>
    /// <param name="progress">Receives the bytes of the files that are there.</param>
    /// <param name="cancellationToken">Stops it; nothing is left then.</param>
    /// <exception cref="NotAnIndexException">The directory holds no index.</exception>
    /// <exception cref="RefusedException">The index is damaged, the directory of the snapshot is not empty or overlaps with it, or space is short.</exception>
    /// <exception cref="IndexBusyException">A backup or restore, or with <see cref="SnapshotOptions.RequireIdle"/> a writer, holds the index.</exception>
    public Task<SnapshotResult> CreateSnapshotAsync(
        IndexSource source,
        string directory,
        SnapshotOptions? options = null,
        IProgress<OperationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        NewRunner(source, directory, options, progress).RunAsync(source, directory, null, cancellationToken);

    /// <summary>
    /// Makes a snapshot, lets it be used, and removes it, however that ended. What a killed process leaves is removed by the next snapshot
    /// that is made in the same directory. The index is locked only until the snapshot is there.
    /// </summary>
    /// <param name="source">The index.</param>
    /// <param name="directory">A directory that does not exist or is empty, and will be so again.</param>
    /// <param name="use">Uses the snapshot. What it throws is thrown here, once the snapshot is removed.</param>
    /// <param name="options">How; null means beside a live writer.</param>
    /// <param name="progress">Receives the bytes of the files that are there.</param>
    /// <param name="cancellationToken">Stops it; nothing is left then.</param>
    /// <inheritdoc cref="CreateSnapshotAsync"/>
    public Task<SnapshotResult> UseSnapshotAsync(
        IndexSource source,
        string directory,
        Func<SnapshotResult, CancellationToken, ValueTask> use,
        SnapshotOptions? options = null,
        IProgress<OperationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(use);
        return NewRunner(source, directory, options, progress).RunAsync(source, directory, use, cancellationToken);
    }

    private SnapshotRunner NewRunner(IndexSource source, string directory, SnapshotOptions? options, IProgress<OperationProgress>? progress)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return new SnapshotRunner(_manager, options ?? new SnapshotOptions(), progress);
    }
}
