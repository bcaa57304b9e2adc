using Segvault.Repositories;

namespace Segvault.Tests.Model;

/// <summary>Bridges a lost entry, adds again what it may have held, and says so, as <c>RepairRunner</c> does.</summary>
internal sealed class Repairer(ModelObjects objects, ModelScope scope) : IActor
{
    private sealed record Watching;

    private sealed record Listed(UInt128 Unknown);

    public object Start { get; } = new Watching();

    public string Name => "the repairer";

    public void Step(object about, Moves moves)
    {
        var state = moves.Log.Folded;
        switch (about)
        {
            case Watching when moves.Log.IsBroken:
                moves.Append(new ModelEntry(LogKind.Skip, 0, moves.Log.Lost), about, "passes over the lost entry");
                break;
            case Watching when state.Recovering:
                moves.Go(new Listed(scope.Keeps(Rule.LostBackupsAreAddedAgain) ? FindUnknown(state, moves.State.Objects) : 0), "looks for backups that the log does not know");
                break;
            case Listed(var unknown) when unknown != 0:
                AddAgain(objects.In(unknown).First(), unknown, state, moves);
                break;
            case Listed:
                moves.Append(new ModelEntry(LogKind.Skip, 0, ~moves.Log.Lost), new Watching(), "says that nothing more is to be added");
                break;
        }
    }

    private UInt128 FindUnknown(LogState state, UInt128 stored) => objects.In(stored)
        .Where(there => !there.IsPack && (there.Packs & ~stored) == 0 && CommitRules.IsUnknown(state, there.Backup) && MayAdd(state, there))
        .Aggregate(UInt128.Zero, (set, manifest) => set | manifest.Bit);

    private void AddAgain(ModelObject manifest, UInt128 unknown, LogState state, Moves moves)
    {
        var next = new Listed(unknown & ~manifest.Bit);
        if (MayAdd(state, manifest) && !state.Backups.ContainsKey(manifest.Backup.ToString()))
            moves.Append(new ModelEntry(LogKind.Add, manifest.Bit), next, "adds a backup again");
        else
            moves.Go(next, "was overtaken");
    }

    private bool MayAdd(LogState state, ModelObject manifest) => CommitRules.MayAdd(state, objects.In(manifest.Needed).Select(needed => needed.Name));
}
