using Segvault.Repositories;

namespace Segvault.Tests.Model;

/// <summary>Backs up an index that still is what the first backup holds, and is told so.</summary>
internal sealed class Asker(ModelObject backup, ModelObjects objects, ModelLogs logs, ModelScope scope) : IActor
{
    private sealed record Idle;

    private sealed record Folded(int Log);

    public object Start { get; } = new Idle();

    public string Name => "the asker";

    public void Step(object about, Moves moves)
    {
        switch (about)
        {
            case Idle when FindHolder(moves.Log.Folded) is not null:
                moves.Go(new Folded(moves.State.Log), "finds its index unchanged");
                break;
            case Folded(var log) when FindHolder(scope.Keeps(Rule.UnchangedIsAnsweredAtTheTip) ? moves.Log.Folded : logs[log].Folded) is not null:
                var isThere = (moves.Log.Live & backup.Bit) != 0;
                moves.Go(new Outcome(isThere ? OutcomeKind.Succeeded : OutcomeKind.Wrong, backup.Number), "is told that a backup holds this state", backup.Bit);
                break;
        }
    }

    private BackupRecord? FindHolder(LogState state) => CommitRules.FindHolder(state, backup.Backup, objects.In(backup.Packs).Select(pack => pack.Reference));
}
