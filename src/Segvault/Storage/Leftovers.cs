namespace Segvault.Storage;

/// <summary>
/// What killed runs left in a store and no log has ever heard of: unfinished uploads, and what trials of the store wrote below <see cref="Probes"/>.
/// Others may be at work there right now, so only what nobody has written to for a day goes. Best effort: what cannot be looked at or deleted stays.
/// </summary>
internal sealed class Leftovers(ObjectStore store, TimeProvider timeProvider)
{
    /// <summary>Where trials work, each under a part of a name of its own. Nothing of a repository begins like this.</summary>
    public const string Probes = "probes/";

    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <summary>How many bytes <see cref="RemoveAsync"/> would free now.</summary>
    public async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        var before = timeProvider.GetUtcNow() - Abandoned;
        return store.CountStaleUploads(before) + (await FindTrialsAsync(before, cancellationToken).ConfigureAwait(false)).SelectMany(trial => trial).Sum(left => left.Length);
    }

    /// <summary>Deletes it; returns the bytes freed.</summary>
    public async Task<long> RemoveAsync(CancellationToken cancellationToken)
    {
        var before = timeProvider.GetUtcNow() - Abandoned;
        var freed = store.RemoveStaleUploads(before);
        foreach (var trial in await FindTrialsAsync(before, cancellationToken).ConfigureAwait(false))
        {
            foreach (var left in trial)
                freed += await TryDeleteAsync(left, cancellationToken).ConfigureAwait(false) ? left.Length : 0;
            store.RemoveEmptyPlaces($"{Probes}{trial.Key}/");
        }

        return freed;
    }

    /// <summary>What each trial left, of those of which even the newest object is older than that.</summary>
    private async Task<IReadOnlyList<IGrouping<string, StoredObject>>> FindTrialsAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var left = new List<StoredObject>();
        try
        {
            await foreach (var stored in store.ListAsync(Probes, cancellationToken).ConfigureAwait(false))
            {
                // Whatever else may be there is somebody's.
                if (ObjectStore.IsName(stored.Name) && Guid.TryParseExact(TrialOf(stored), "n", out _))
                    left.Add(stored);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }

        return [.. left.GroupBy(TrialOf, StringComparer.Ordinal).Where(trial => trial.All(stored => stored.ModifiedAt < before))];
    }

    private static string TrialOf(StoredObject stored) => stored.Name.Split('/')[1];

    private async Task<bool> TryDeleteAsync(StoredObject left, CancellationToken cancellationToken)
    {
        try
        {
            return await store.DeleteAsync(left.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
