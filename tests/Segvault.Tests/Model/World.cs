using Segvault.Repositories;

namespace Segvault.Tests.Model;

/// <summary>What nobody decides: entries that arrive late, objects that disappear once they were erased, checkpoints, losses.</summary>
internal sealed class World(ModelObjects objects, ModelLogs logs, ModelScope scope) : IActor
{
    /// <summary>A loss is told only from what came before it: the two backups that every history begins with stay.</summary>
    private const int FirstToLose = 2;

    private sealed record Lucky;

    private sealed record Unlucky;

    public object Start { get; } = new Lucky();

    public string Name => "the world:";

    public void Step(object about, Moves moves)
    {
        var state = moves.State;
        foreach (var content in state.Sent())
            moves.Add(state with { Log = content, Network = 0 }, null, "a late entry arrives", 0);
        Delete(state.Objects & moves.Log.Erased, moves);
        if (scope.Checkpoints && state.Checkpoint == 0)
            moves.Add(state with { Checkpoint = state.Log }, null, "a checkpoint is written", 0);
        if (about is Lucky && scope.Loss)
        {
            for (var number = FirstToLose; number < moves.Log.Entries.Length - 1; number++)
                moves.Add(state with { Log = logs.Lose(moves.Log, number).Id }, new Unlucky(), $"entry {number}, {moves.Log.Entries[number].Kind}, is lost", 0);
        }

        if (about is Lucky && scope.LostTip && moves.Log.Entries[^1].Kind == LogKind.Erase && IsQuiet(state))
            moves.Add(state with { Log = logs.LoseTip(moves.Log).Id }, new Unlucky(), "the newest entry is lost, Erase", moves.Log.Entries[^1].Objects);
    }

    private void Delete(UInt128 erased, Moves moves)
    {
        if (!scope.SingleDeletes && erased != 0)
            moves.Add(moves.State with { Objects = moves.State.Objects & ~erased }, null, "erased objects are deleted", erased);
        else
        {
            foreach (var gone in objects.In(erased))
                moves.Add(moves.State with { Objects = moves.State.Objects & ~gone.Bit }, null, "an erased object is deleted", gone.Bit);
        }
    }

    /// <summary>True while no writer has begun, or all have ended.</summary>
    private bool IsQuiet(ModelState state) => Enumerable.Range(0, scope.Writers.Length).All(writer => IsIdle(state.ActorAt(writer)));

    public required Func<int, bool> IsIdle { private get; init; }
}
