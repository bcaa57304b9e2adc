using Segvault.Repositories;

namespace Segvault.Tests.Model;

/// <summary>Takes one backup, as <c>BackupRunner</c> and <c>BackupCommit</c> do. That what is referred to is looked at again before the commit is left out: safety must not need it.</summary>
internal sealed class Writer(string name, int wanted, ModelObjects objects, ModelLogs logs, WriterRules rules, ModelScope scope) : IActor
{
    private sealed record Deciding(int Attempt, UInt128 Own);

    private sealed record Folded(int Log, int Attempt, UInt128 Own);

    private sealed record Storing(UInt128 Packs, int Missing, int Known, int Attempt, UInt128 Own);

    private sealed record Describing(UInt128 Packs, int Known, int Attempt, UInt128 Own, bool Held);

    private sealed record Committing(int Manifest, int Known, int Attempt, UInt128 Own);

    private sealed record Allowed(int Manifest, int Log, int Attempt, UInt128 Own);

    private sealed record Waiting(int Manifest, int Content, int Attempt, UInt128 Own);

    public object Start { get; } = new Deciding(0, 0);

    public string Name => name;

    public void Step(object about, Moves moves)
    {
        switch (about)
        {
            case Deciding(var attempt, var own) when MayWrite(moves.Log):
                moves.Go(new Folded(moves.State.Log, attempt, own), "folds the log");
                break;
            case Folded folded:
                Decide(folded, moves);
                break;
            case Storing(var packs, var missing, var known, var attempt, var own):
                var pack = objects.Pack(name, scope.Keeps(Rule.NamesAreNotReused) ? attempt : 0, missing);
                moves.Store(pack, new Describing(packs | pack.Bit, known, attempt, own | pack.Bit, false), "stores a pack");
                break;
            case Describing describing:
                Describe(describing, moves);
                break;
            case Committing committing when MayWrite(moves.Log):
                Check(committing, moves);
                break;
            case Allowed(var manifest, var log, var attempt, var own) when log == moves.State.Log:
                Put(manifest, attempt, own, moves);
                break;
            case Allowed(var manifest, var log, var attempt, var own):
                moves.Go(new Committing(manifest, Known(log), attempt, own), "finds the number taken");
                break;
            case Waiting waiting:
                Resolve(waiting, moves);
                break;
        }
    }

    private bool MayWrite(ModelLog log) => !log.IsBroken || !scope.Keeps(Rule.TheChainHasNoHoles);

    /// <summary>What was folded before matters only to a writer that breaks a rule.</summary>
    private int Known(int log) => scope.Dropped is Rule.AddIsCheckedAgainstTheWholePrefix or Rule.NamesAreNotReused ? log : 0;

    private void Decide(Folded folded, Moves moves)
    {
        var (packs, missing) = rules.Choose(new Sight(folded.Log, Checkpoint(folded.Log, moves)), moves.State.Objects, wanted, folded.Own);
        var left = packs & ~Inherited(folded.Log);
        object next = missing == 0
            ? new Describing(packs, Known(folded.Log), folded.Attempt, folded.Own | left, false)
            : new Storing(packs, missing, Known(folded.Log), folded.Attempt, folded.Own | left);
        moves.Go(next, missing == 0 ? "refers to packs" : "refers to packs and has more to store", packs);
    }

    private UInt128 Inherited(int log) =>
        logs[log].Folded.Backups.Values.Aggregate(UInt128.Zero, (all, record) => all | objects.Of(record.Add.Id).Packs);

    private void Describe(Describing about, Moves moves)
    {
        var manifest = objects.Manifest(name, scope.Keeps(Rule.NamesAreNotReused) ? about.Attempt : 0, about.Packs);
        moves.Store(manifest, new Committing(manifest.Number, about.Known, about.Attempt, about.Own), "stores a manifest");
        if (scope.Holding && !about.Held && MayWrite(moves.Log))
        {
            var held = new ModelEntry(LogKind.Holding, about.Own & about.Packs);
            var known = Known(logs.Append(moves.Log, held).Id);
            moves.Append(held, about with { Known = known, Held = true }, "says that packs are held");
        }
    }

    private void Check(Committing about, Moves moves)
    {
        var manifest = objects[about.Manifest];
        if (rules.MayAdd(moves.State.Sight, about.Known, manifest, name))
            moves.Go(new Allowed(about.Manifest, moves.State.Log, about.Attempt, about.Own), "folds the log and may add", manifest.Bit);
        else if (about.Attempt + 1 < scope.Attempts)
            moves.Go(new Deciding(about.Attempt + 1, about.Own & manifest.Packs), "finds something erased and begins again");
        else
            moves.Go(new Outcome(OutcomeKind.Failed), "finds something erased and ends");
    }

    private void Put(int manifest, int attempt, UInt128 own, Moves moves)
    {
        var entry = new ModelEntry(LogKind.Add, objects[manifest].Bit);
        var content = moves.Append(entry, new Outcome(OutcomeKind.Succeeded, manifest), "adds a backup");
        if (!scope.LostReplies)
            return;
        var waiting = new Waiting(manifest, content.Id, attempt, own);
        moves.Append(entry, waiting, "adds a backup and gets no reply");
        moves.Add(moves.State.WithSent(content.Id), waiting, "sends an entry and gets no reply: Add", objects[manifest].Bit);
    }

    /// <summary>As <c>LogCommit</c> does.</summary>
    private void Resolve(Waiting about, Moves moves)
    {
        var manifest = objects[about.Manifest];
        if (logs.Includes(moves.Log, about.Content))
        {
            moves.Go(new Outcome(OutcomeKind.Succeeded, about.Manifest), "finds its own entry");
            return;
        }

        if (moves.State.Log != logs[about.Content].Parent)
        {
            moves.Go(new Committing(about.Manifest, Known(logs[about.Content].Parent), about.Attempt, about.Own), "finds somebody else's entry");
            return;
        }

        moves.Append(new ModelEntry(LogKind.Add, manifest.Bit), new Outcome(OutcomeKind.Succeeded, about.Manifest), "sends the same entry again");
        var failed = new Outcome(OutcomeKind.Failed, about.Manifest);
        if (!scope.Keeps(Rule.GivingUpTakesTheNumber))
            moves.Delete(about.Own | manifest.Bit, failed, "finds no entry, gives up, and deletes what it stored");
        else if (!scope.Keeps(Rule.LostRepliesAreResolved))
            moves.Go(failed, "finds no entry and says that it failed");
        else
            moves.Append(new ModelEntry(LogKind.Nop, 0, manifest.Number), failed, "takes the number with a Nop and gives up");
    }

    private int Checkpoint(int log, Moves moves) => logs.Includes(logs[log], moves.State.Checkpoint) ? moves.State.Checkpoint : 0;
}

/// <summary>What an actor told its caller.</summary>
internal sealed record Outcome(OutcomeKind Kind, int Manifest = -1);

internal enum OutcomeKind
{
    Succeeded,
    Failed,

    /// <summary>It named a backup that was not there when it was named.</summary>
    Wrong,
}
