using Segvault.Collection;
using Segvault.Repositories;
using Segvault.Storage;

namespace Segvault.Tests.Model;

/// <summary>Condemns and erases, as <c>CollectionRunner</c> does.</summary>
internal sealed class Collector(string name, ModelObjects objects, ModelLogs logs, ModelScope scope) : IActor
{
    private static readonly DamageException Gone = new(ErrorCode.RepositoryDamaged, "", "It is missing.", "");
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly CollectionRules _rules = new(scope.Grace ? Day : TimeSpan.Zero);
    private readonly Dictionary<(Sight Sight, UInt128 Stored, int Days), (UInt128 Collectable, UInt128 Leftover)?> _surveys = [];

    private sealed record Idle;

    private sealed record Folded(Sight Sight);

    private sealed record Surveyed(int Log, UInt128 Names, UInt128 Leftover);

    private sealed record Condemned(int Log, UInt128 Names);

    private sealed record Ended;

    public object Start { get; } = new Idle();

    public string Name => name;

    public void Step(object about, Moves moves)
    {
        switch (about)
        {
            case Idle when MayCollect(moves.Log.Folded):
                moves.Go(new Folded(scope.Keeps(Rule.CollectorsTrustNoCheckpoint) ? new Sight(moves.State.Log) : moves.State.Sight), "folds the whole log");
                break;
            case Folded folded:
                Survey(folded, moves);
                break;
            case Surveyed(var log, var names, var leftover):
                if ((leftover & moves.State.Objects) != 0)
                    moves.Delete(leftover, about, "deletes what was erased");
                Condemn(log, names, moves);
                break;
            case Condemned(var log, var names):
                if (log == moves.State.Log || (!scope.Keeps(Rule.EraseIsValidAtItsNumberOnly) && !moves.Log.IsBroken))
                    moves.Append(new ModelEntry(LogKind.Erase, names), new Ended(), "erases");
                else
                    moves.Go(new Idle(), "finds the number taken");
                break;
        }
    }

    private bool MayCollect(LogState state) =>
        CollectionRules.MayCollect(state)
        || (!scope.Keeps(Rule.NothingIsCollectedBeforeRecovery) && state.Obstacle is null)
        || !scope.Keeps(Rule.TheChainHasNoHoles);

    private void Survey(Folded folded, Moves moves)
    {
        var state = logs.View(folded.Sight);
        if (!scope.Keeps(Rule.DeletingLooksAgain))
        {
            var erased = objects.In(moves.State.Objects).Where(there => state.Erased.Contains(there.Name)).Aggregate(UInt128.Zero, (set, there) => set | there.Bit);
            moves.Delete(erased, new Ended(), "deletes what the log calls erased without looking at who needs it");
        }

        for (var days = 0; days <= (scope.Grace ? 2 : 0); days += 2)
        {
            if (Survey(folded.Sight, moves.State.Objects, days) is not { } survey)
                moves.Go(new Idle(), "cannot find out what live backups need");
            else if (survey != default)
                moves.Go(new Surveyed(folded.Sight.Log, survey.Collectable, survey.Leftover), days == 0 ? "sees what may go" : "sees what may go by a clock that is two days ahead", survey.Collectable);
        }
    }

    private void Condemn(int log, UInt128 names, Moves moves)
    {
        if (names == 0)
            return;
        var fresh = names & ~objects.SetOf(logs[log].Folded.Condemned);
        if (fresh == 0)
            moves.Go(new Condemned(log, names), "has condemned all of it before");
        else if (log != moves.State.Log && (scope.Keeps(Rule.EraseIsValidAtItsNumberOnly) || moves.Log.IsBroken))
            moves.Go(new Idle(), "finds the number taken");
        else
        {
            var condemn = new ModelEntry(LogKind.Condemn, fresh);
            moves.Append(condemn, new Condemned(logs.Append(moves.Log, condemn).Id, names), "condemns");
        }
    }

    /// <summary>Null when a live manifest is missing, or a live backup needs what was erased.</summary>
    private (UInt128 Collectable, UInt128 Leftover)? Survey(Sight sight, UInt128 stored, int days)
    {
        if (_surveys.TryGetValue((sight, stored, days), out var known))
            return known;
        var state = logs.View(sight);
        var listed = objects.In(stored).ToDictionary(there => there.Name, there => there.Stored, StringComparer.Ordinal);
        var live = state.Live.Select(add => Reach(add, listed)).ToList();
        if (live.Exists(reach => reach.Problem is not null || CommitRules.FindErased(state, reach.Names) is not null))
            return _surveys[(sight, stored, days)] = null;
        var survey = _rules.Decide(state, listed, live, [.. state.Removed.Select(record => Reach(record.Add, listed))], DateTimeOffset.UnixEpoch + (days * Day));
        return _surveys[(sight, stored, days)] = (objects.SetOf(survey.Collectable), objects.SetOf(survey.Leftover));
    }

    private BackupReach Reach(AddBody add, Dictionary<string, StoredObject> listed) => listed.ContainsKey(add.Manifest)
        ? new BackupReach(add, [.. objects.In(objects.Of(add.Id).Packs).Select(pack => pack.Reference)], null)
        : new BackupReach(add, [], Gone);
}
