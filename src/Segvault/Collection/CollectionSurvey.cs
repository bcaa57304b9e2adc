using System.Collections.Immutable;
using Segvault.Repositories;
using Segvault.Storage;

namespace Segvault.Collection;

/// <summary>What may go, at exactly one state of the log.</summary>
/// <param name="Collectable">Names of objects that nothing needs any more: packs first, so that a manifest tells of its packs as long as it can.</param>
/// <param name="Leftover">Objects in the store that an earlier entry erased.</param>
/// <param name="Waiting">Objects that no live backup needs and that are left alone for now.</param>
/// <param name="Backups">Removed backups that go with the collectable objects.</param>
internal sealed record CollectionSurvey(
    ImmutableArray<string> Collectable, ImmutableArray<string> Leftover, ImmutableArray<string> Waiting, ImmutableArray<BackupSummary> Backups);

/// <summary>Finds out what may go. What it finds holds for the state that it was given and for no other.</summary>
internal sealed class CollectionSurveyor(RepositoryObjects repository, CollectionOptions options, TimeProvider timeProvider)
{
    private readonly CollectionRules _rules = new(options.Grace);
    private readonly BackupReaches _reaches = new(repository);

    /// <param name="state">The log, folded whole.</param>
    /// <param name="listed">Every pack and manifest in the store, by name.</param>
    /// <param name="cancellationToken">Stops the survey.</param>
    /// <exception cref="DamageException">A live manifest cannot be read, or a live backup needs what was erased.</exception>
    public async Task<CollectionSurvey> SurveyAsync(LogState state, IReadOnlyDictionary<string, StoredObject> listed, CancellationToken cancellationToken)
    {
        var live = await ReadLiveAsync(state, cancellationToken).ConfigureAwait(false);
        var removed = await ReadRemovedAsync(state, cancellationToken).ConfigureAwait(false);
        return _rules.Decide(state, listed, live, removed, timeProvider.GetUtcNow());
    }

    private async Task<IReadOnlyList<BackupReach>> ReadLiveAsync(LogState state, CancellationToken cancellationToken)
    {
        var live = await _reaches.ReadAsync(state.Live, cancellationToken).ConfigureAwait(false);
        foreach (var reach in live)
        {
            if (reach.Problem is not null)
                throw Unreadable(reach);
            if (CommitRules.FindErased(state, reach.Names) is { } erased)
                throw WronglyErased(reach, erased);
        }

        return live;
    }

    /// <summary>A removed backup whose manifest is lost can no longer be brought back, so it spares nothing.</summary>
    private async Task<IReadOnlyList<BackupReach>> ReadRemovedAsync(LogState state, CancellationToken cancellationToken)
    {
        var removed = await _reaches.ReadAsync(state.Removed.Select(record => record.Add), cancellationToken).ConfigureAwait(false);
        return removed.FirstOrDefault(reach => reach.Problem is not (null or DamageException)) is { } unread ? throw Unreadable(unread) : removed;
    }

    private static Exception Unreadable(BackupReach reach) => reach.Problem is UnsupportedFormatException newer
        ? newer
        : new DamageException(
            ErrorCode.RepositoryDamaged,
            reach.Add.Manifest,
            $"Nothing was collected: what backup {reach.Add.Id.ToShortString()} of '{reach.Add.Name}' needs is not known. {reach.Problem!.Message}",
            $"Put {reach.Add.Manifest} back from a copy of the repository, or delete that backup: `segvault delete {reach.Add.Id.ToShortString()}`.",
            reach.Problem);

    private DamageException WronglyErased(BackupReach reach, string erased) => new(
        ErrorCode.RepositoryDamaged,
        erased,
        $"Nothing was collected: the log of the repository at {repository.Store.Location} says that {erased} is erased, and backup {reach.Add.Id.ToShortString()} of '{reach.Add.Name}' needs it.",
        $"Back that index up again, which stores it anew, and then delete that backup: `segvault delete {reach.Add.Id.ToShortString()}`.");
}
