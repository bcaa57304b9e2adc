using System.Collections.Immutable;
using Segvault.Collection;
using Segvault.Retention;

namespace Segvault;

/// <content>Removing backups, bringing them back, and freeing what nothing needs any more.</content>
public sealed partial class BackupRepository
{
    /// <summary>Says what <see cref="DeleteBackupsAsync"/> would remove and release, and removes nothing.</summary>
    /// <exception cref="BackupNotFoundException">There is no such backup.</exception>
    public Task<RemovalPlan> PlanDeleteAsync(IReadOnlyCollection<BackupId> backups, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backups);
        return new DeleteRunner(Objects, _timeProvider).PlanAsync(backups, cancellationToken);
    }

    /// <summary>Removes backups, all of them or none. No other backup is harmed, and no space is freed before <see cref="CollectAsync"/>.</summary>
    /// <exception cref="BackupNotFoundException">There is no such backup.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The store failed at the very commit.</exception>
    public Task<RemovalResult> DeleteBackupsAsync(IReadOnlyCollection<BackupId> backups, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backups);
        return new DeleteRunner(Objects, _timeProvider).RunAsync(backups, cancellationToken);
    }

    /// <summary>Lists the backups that were removed and are not collected yet, oldest first.</summary>
    public Task<ImmutableArray<DeletedBackup>> ListDeletedBackupsAsync(CancellationToken cancellationToken = default) =>
        new UndeleteRunner(Objects).ListAsync(cancellationToken);

    /// <summary>
    /// Finds the removed backup that a person means, by its id or a unique prefix of four or more characters; one that is there already when no removed
    /// one fits.
    /// </summary>
    /// <exception cref="BackupNotFoundException">None fits, or several do; the hint lists what can be brought back.</exception>
    public Task<BackupSummary> FindDeletedBackupAsync(string backup, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(backup);
        return new UndeleteRunner(Objects).FindAsync(backup, cancellationToken);
    }

    /// <summary>Brings removed backups back to their old places. One that is there already is left as it is.</summary>
    /// <returns>The backups.</returns>
    /// <exception cref="BackupNotFoundException">There was no such backup, or it was collected.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The store failed at the very commit.</exception>
    public Task<ImmutableArray<BackupSummary>> UndeleteBackupsAsync(IReadOnlyCollection<BackupId> backups, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backups);
        return new UndeleteRunner(Objects).RunAsync(backups, cancellationToken);
    }

    /// <summary>Says what <see cref="PruneAsync"/> would remove, release and keep, and removes nothing.</summary>
    /// <inheritdoc cref="PruneAsync"/>
    public Task<PrunePlan> PlanPruneAsync(RetentionPolicy policy, PruneOptions? options = null, CancellationToken cancellationToken = default) =>
        NewPrune(policy, options).PlanAsync(cancellationToken);

    /// <summary>
    /// Removes the backups that a policy does not keep, all of them or none. Whatever the policy says, of every index the last backup that can be
    /// restored stays, and the last one that nothing speaks against. No space is freed before <see cref="CollectAsync"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The policy keeps nothing, or a number in it is negative.</exception>
    /// <exception cref="BackupNotFoundException">There is no backup of the index named.</exception>
    /// <exception cref="RefusedException">A clock has plainly jumped.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The store failed at the very commit.</exception>
    public Task<RemovalResult> PruneAsync(RetentionPolicy policy, PruneOptions? options = null, CancellationToken cancellationToken = default) =>
        NewPrune(policy, options).RunAsync(cancellationToken);

    /// <summary>Says what <see cref="CollectAsync"/> would free, and frees nothing.</summary>
    /// <inheritdoc cref="CollectAsync"/>
    /// <param name="options"/><param name="cancellationToken"/>
    public Task<CollectionPlan> PlanCollectionAsync(CollectionOptions? options = null, CancellationToken cancellationToken = default) =>
        NewCollection(options, null).PlanAsync(cancellationToken);

    /// <summary>
    /// Frees what no backup needs any more: of backups removed longer ago than the grace, and of uploads that came to nothing. Any number of backups,
    /// restores and collections may run meanwhile. Interrupted at any point it is continued by the next one.
    /// </summary>
    /// <param name="options">What may go; null means what is older than a day.</param>
    /// <param name="progress">Receives bytes freed.</param>
    /// <param name="cancellationToken">Stops the collection; what it has freed stays freed.</param>
    /// <exception cref="ArgumentException">The grace is negative.</exception>
    /// <exception cref="DamageException">A manifest cannot be read, or the log is damaged; nothing was freed.</exception>
    /// <exception cref="UnsupportedFormatException">The log asks its collectors for what only a newer version understands.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The store failed at the very commit.</exception>
    public Task<CollectionResult> CollectAsync(
        CollectionOptions? options = null, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        NewCollection(options, progress).RunAsync(cancellationToken);

    private PruneRunner NewPrune(RetentionPolicy policy, PruneOptions? options)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.IsEmpty || !policy.IsValid)
            throw new ArgumentException("A policy needs one rule that keeps something, and no number in it may be negative.", nameof(policy));
        return new PruneRunner(Objects, policy, options ?? new PruneOptions(), _timeProvider);
    }

    private CollectionRunner NewCollection(CollectionOptions? options, IProgress<OperationProgress>? progress)
    {
        options ??= new CollectionOptions();
        if (options.Grace < TimeSpan.Zero)
            throw new ArgumentException("The grace is negative.", nameof(options));
        return new CollectionRunner(Objects, options, _timeProvider, progress);
    }
}
