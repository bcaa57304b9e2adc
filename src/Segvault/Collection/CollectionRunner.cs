using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Repositories;
using Segvault.Storage;

namespace Segvault.Collection;

/// <summary>
/// Frees what no backup needs: condemn, erase, delete, as many objects at a time as an entry of the log can name. Everything is decided from the
/// whole log, for exactly the number that the entry gets; whoever loses the number decides again.
/// </summary>
internal sealed class CollectionRunner(RepositoryObjects repository, CollectionOptions options, TimeProvider timeProvider, IProgress<OperationProgress>? progress)
{
    private readonly CollectionSurveyor _surveyor = new(repository, options, timeProvider);
    private readonly Leftovers _leftovers = new(repository.Store, timeProvider);
    private readonly HashSet<string> _condemned = new(StringComparer.Ordinal);
    private readonly Dictionary<BackupId, BackupSummary> _backups = [];
    private Dictionary<string, StoredObject> _listed = [];
    private int _packsErased;
    private long _bytesFreed;
    private long _bytesToFree;
    private Exception? _failure;

    public async Task<CollectionPlan> PlanAsync(CancellationToken cancellationToken)
    {
        var state = await FoldAsync(0, cancellationToken).ConfigureAwait(false);
        _listed = await ListAsync(cancellationToken).ConfigureAwait(false);
        (state, var survey) = await SurveyAsync(state, cancellationToken).ConfigureAwait(false);
        var packs = survey.Collectable.Where(IsPack).ToList();
        return new CollectionPlan
        {
            Backups = survey.Backups,
            Packs = packs.Count + survey.Leftover.Count(IsPack),
            PacksToCondemn = packs.Count(pack => !state.Condemned.Contains(pack)),
            BytesFreed = LengthOf(survey.Collectable) + LengthOf(survey.Leftover) + await _leftovers.CountAsync(cancellationToken).ConfigureAwait(false),
            BytesWaiting = LengthOf(survey.Waiting),
        };
    }

    public async Task<CollectionResult> RunAsync(CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var state = await FoldAsync(0, cancellationToken).ConfigureAwait(false);
        _bytesFreed = await _leftovers.RemoveAsync(cancellationToken).ConfigureAwait(false);
        _listed = await ListAsync(cancellationToken).ConfigureAwait(false);
        CollectionSurvey survey;
        while (true)
        {
            (state, survey) = await SurveyAsync(state, cancellationToken).ConfigureAwait(false);
            _bytesToFree = Math.Max(_bytesToFree, _bytesFreed + LengthOf(survey.Collectable) + LengthOf(survey.Leftover));
            await DeleteAsync(survey.Leftover, cancellationToken).ConfigureAwait(false);
            if (survey.Collectable.IsEmpty)
                break;

            // Deleted before the next entry is written: on a full disk that one may need the room.
            state = await EraseAsync(state, survey, cancellationToken).ConfigureAwait(false)
                ?? await FoldAsync(state.NextNumber + 1, cancellationToken).ConfigureAwait(false);
        }

        repository.Store.RenewReserve();
        if (_failure is not null)
            throw _failure;
        return new CollectionResult
        {
            Backups = [.. _backups.Values],
            PacksCondemned = _condemned.Count(IsPack),
            PacksErased = _packsErased,
            BytesFreed = _bytesFreed,
            BytesWaiting = LengthOf(survey.Waiting),
            Elapsed = timeProvider.GetElapsedTime(started),
        };
    }

    /// <summary>
    /// What may go, and at which state of the log. A manifest that another collector deleted just now is no damage: the log, read again, tells, and
    /// then has more entries than before.
    /// </summary>
    private async Task<(LogState State, CollectionSurvey Survey)> SurveyAsync(LogState state, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return (state, await _surveyor.SurveyAsync(state, _listed, cancellationToken).ConfigureAwait(false));
            }
            catch (DamageException)
            {
                var current = await FoldAsync(0, cancellationToken).ConfigureAwait(false);
                if (current.NextNumber == state.NextNumber)
                    throw;
                state = current;
            }
        }
    }

    /// <summary>Erases some of what may go; null when somebody else wrote to the log meanwhile, and everything has to be decided again.</summary>
    private async Task<LogState?> EraseAsync(LogState state, CollectionSurvey survey, CancellationToken cancellationToken)
    {
        var names = survey.Collectable.Take(NamesBody.Most).ToArray();
        var fresh = names.Where(name => !state.Condemned.Contains(name)).ToArray();
        if (fresh.Length > 0)
        {
            var condemn = LogEntry.Draft(LogKind.Condemn) with { Condemn = new NamesBody { Names = fresh } };
            if (await repository.Log.AppendToAsync(state, condemn, NullLogger.Instance, cancellationToken).ConfigureAwait(false) is not { } condemned)
                return null;
            _condemned.UnionWith(fresh);
            state = condemned;
        }

        // Only that entry came between, so what the survey found holds here as well.
        var erase = LogEntry.Draft(LogKind.Erase) with { Erase = new NamesBody { Names = names } };
        if (await repository.Log.AppendToAsync(state, erase, NullLogger.Instance, cancellationToken).ConfigureAwait(false) is not { } erased)
            return null;
        foreach (var backup in survey.Backups.Where(backup => names.Contains(ManifestStore.NameOf(backup.Id), StringComparer.Ordinal)))
            _backups.TryAdd(backup.Id, backup);
        await DeleteAsync([.. names.Where(_listed.ContainsKey)], cancellationToken).ConfigureAwait(false);
        return erased;
    }

    /// <summary>Deletes objects that the log says are erased. Repeatable; one that cannot be deleted does not keep the others.</summary>
    private async Task DeleteAsync(ImmutableArray<string> names, CancellationToken cancellationToken)
    {
        if (names.IsEmpty)
            return;

        // The entry that says so may be somebody else's, and has to outlive what it allows.
        await repository.Store.BarrierAsync(cancellationToken).ConfigureAwait(false);
        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _listed.Remove(name, out var stored);
            try
            {
                if (!await repository.Store.DeleteAsync(name, cancellationToken).ConfigureAwait(false))
                    continue;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _failure ??= exception;
                continue;
            }

            _bytesFreed += stored.Length;
            _packsErased += IsPack(name) ? 1 : 0;
            progress?.Report(new OperationProgress("delete", _bytesFreed, _bytesToFree));
        }
    }

    private async Task<LogState> FoldAsync(long atLeast, CancellationToken cancellationToken)
    {
        var state = await repository.Log.FoldWholeAsync(cancellationToken, atLeast).ConfigureAwait(false);
        state.EnsureCollectable(repository.Store.Location);
        if (!CollectionRules.MayCollect(state))
        {
            throw new DamageException(
                ErrorCode.RepositoryDamaged,
                LogReader.NameOf(state.Skipped[^1].First),
                $"Nothing was collected: entries of the log of the repository at {repository.Store.Location} are lost, and the backups that they may have recorded were not looked for to the end.",
                "Run `segvault verify --repair` first.");
        }

        return state;
    }

    /// <summary>Packs and manifests only: whatever else may be there is not this repository's to delete.</summary>
    private async Task<Dictionary<string, StoredObject>> ListAsync(CancellationToken cancellationToken)
    {
        var listed = new Dictionary<string, StoredObject>(StringComparer.Ordinal);
        foreach (var prefix in new[] { PackFormat.Prefix, ManifestStore.Prefix })
        {
            await foreach (var stored in repository.Store.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            {
                if (ObjectId.TryParse(stored.Name.AsSpan(prefix.Length), out var id) && stored.Name == prefix + id)
                    listed[stored.Name] = stored;
            }
        }

        return listed;
    }

    private long LengthOf(ImmutableArray<string> names) => names.Sum(name => _listed.TryGetValue(name, out var stored) ? stored.Length : 0);

    private static bool IsPack(string name) => name.StartsWith(PackFormat.Prefix, StringComparison.Ordinal);
}
