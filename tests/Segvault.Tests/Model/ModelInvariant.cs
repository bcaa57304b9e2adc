using Segvault.Repositories;

namespace Segvault.Tests.Model;

/// <summary>What must hold in every state.</summary>
internal sealed class ModelInvariant(ModelObjects objects, ModelLogs logs, ActorStates actors, int actorCount)
{
    private readonly Dictionary<int, (UInt128 Needed, UInt128 Live)> _live = [];

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? FindViolation(in ModelState state)
    {
        var log = logs[state.Log];

        // What a lost Remove had removed seems live again, and may be gone: nobody had it any more. Everything else that seems live has to be whole.
        var (needed, live) = LiveOf(log);
        if ((needed & log.Erased) != 0)
            return $"a live backup needs what was erased: {objects.Describe(needed & log.Erased)}";
        if ((needed & ~state.Objects) != 0)
            return $"a live backup needs what is gone: {objects.Describe(needed & ~state.Objects)}";
        for (var place = 0; place < actorCount; place++)
        {
            if (actors[state.ActorAt(place)] is Outcome outcome && Contradicts(outcome, log, live) is { } contradiction)
                return contradiction;
        }

        return null;
    }

    private string? Contradicts(Outcome outcome, ModelLog log, UInt128 live)
    {
        var manifest = outcome.Manifest < 0 ? null : objects[outcome.Manifest];
        return outcome.Kind switch
        {
            OutcomeKind.Wrong => $"the answer names a backup that is not there: {manifest!.Label}",
            OutcomeKind.Failed when manifest is not null && (log.Live & manifest.Bit) != 0 => $"a backup that was said to have failed is there: {manifest.Label}",
            OutcomeKind.Succeeded when (log.Live & manifest!.Bit) != 0 && (live & manifest.Bit) == 0 && !MayBeMissing(log, manifest) => $"a backup that succeeded is not there: {manifest.Label}",
            _ => null,
        };
    }

    /// <summary>
    /// While an entry is lost and not recovered yet, and where the lost entries may have erased what the backup needs: then the repair names it instead of
    /// adding it again.
    /// </summary>
    private static bool MayBeMissing(ModelLog log, ModelObject manifest) =>
        log.IsBroken || log.Folded.Recovering || (log.Lost >= 0 && NamesCondemnedBefore(log).Any(number => (manifest.Needed >> number & 1) != 0));

    private static IEnumerable<int> NamesCondemnedBefore(ModelLog log) => log.Entries.Take(log.Lost).Where(entry => entry.Kind == LogKind.Condemn)
        .SelectMany(entry => Enumerable.Range(0, 128).Where(number => (entry.Objects >> number & 1) != 0));

    private (UInt128 Needed, UInt128 Live) LiveOf(ModelLog log)
    {
        if (_live.TryGetValue(log.Id, out var known))
            return known;
        var live = log.Folded.Live.Aggregate(UInt128.Zero, (set, add) => set | objects.Of(add.Id).Bit);
        var needed = objects.In(live & log.Live).Aggregate(UInt128.Zero, (set, manifest) => set | manifest.Needed);
        return _live[log.Id] = (needed, live);
    }
}
