using Segvault.Repositories;
using Segvault.Storage;

namespace Segvault.Collection;

/// <summary>What may go, decided from one state of the log, what backups reach, and what is in the store. Clocks only ever spare something.</summary>
/// <param name="Grace">How long what was removed, or belongs to nobody, is left alone.</param>
internal sealed record CollectionRules(TimeSpan Grace)
{
    private static readonly TimeSpan LeastHolding = TimeSpan.FromHours(2);

    /// <summary>True while a collection may be decided: nothing is lost of which it is not known yet what it held.</summary>
    public static bool MayCollect(LogState state) => state.Obstacle is null && !state.Recovering;

    /// <param name="state">The log, folded whole.</param>
    /// <param name="listed">Every pack and manifest in the store, by name.</param>
    /// <param name="live">What every live backup reaches.</param>
    /// <param name="removed">What every removed backup reaches, as far as that is known.</param>
    /// <param name="clock">The time.</param>
    /// <returns>What may go at this state of the log, and at no other.</returns>
    public CollectionSurvey Decide(
        LogState state, IReadOnlyDictionary<string, StoredObject> listed, IEnumerable<BackupReach> live, IReadOnlyCollection<BackupReach> removed, DateTimeOffset clock)
    {
        // A clock that lags behind the log's own time must not make what was removed look older than it is, nor as if it were yet to come.
        var now = clock > state.Time ? clock : state.Time;
        var young = removed.Where(reach => now - state.Backups[reach.Add.Backup].RemovedAt < Grace).ToHashSet();
        var needed = NamesOf(live);
        var spared = NamesOf(young);
        var known = NamesOf(removed);
        var holding = Grace > LeastHolding ? Grace : LeastHolding;

        bool IsOld(string name) => listed.TryGetValue(name, out var stored) && clock - stored.ModifiedAt is var age && (age >= Grace || Grace == TimeSpan.Zero);
        bool IsHeld(string name) => state.HeldAt.TryGetValue(name, out var at) && now - at < holding;
        bool MayGo(string name) => !spared.Contains(name) && !IsHeld(name) && (known.Contains(name) || IsOld(name));

        // A manifest that was lost is erased as well, or its backup would seem to wait for being brought back for ever.
        var unneeded = listed.Keys.Concat(removed.Select(reach => reach.Add.Manifest)).Distinct().Where(name => !needed.Contains(name) && !state.Erased.Contains(name)).ToLookup(MayGo);
        return new CollectionSurvey(
            [.. unneeded[true].OrderBy(IsManifest).ThenBy(name => name, StringComparer.Ordinal)],
            [.. listed.Keys.Where(state.Erased.Contains)],
            [.. unneeded[false]],
            [.. removed.Where(reach => !young.Contains(reach)).OrderBy(reach => state.Backups[reach.Add.Backup].Key).Select(reach => reach.Add.ToSummary())]);
    }

    private static bool IsManifest(string name) => name.StartsWith(ManifestStore.Prefix, StringComparison.Ordinal);

    private static HashSet<string> NamesOf(IEnumerable<BackupReach> reaches) => reaches.SelectMany(reach => reach.Names).ToHashSet(StringComparer.Ordinal);
}
