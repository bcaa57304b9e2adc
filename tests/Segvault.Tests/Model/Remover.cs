using Segvault.Repositories;

namespace Segvault.Tests.Model;

/// <summary>Removes the first backup, and brings it back as <c>UndeleteRunner</c> does.</summary>
internal sealed class Remover(ModelObject backup, ModelObjects objects, ModelLogs logs, ModelScope scope) : IActor
{
    private sealed record Removing;

    private sealed record Regretting;

    private sealed record Found;

    private sealed record Allowed(int Log);

    private sealed record Ended;

    public object Start { get; } = new Removing();

    public string Name => "the remover";

    public void Step(object about, Moves moves)
    {
        if (moves.Log.IsBroken && scope.Keeps(Rule.TheChainHasNoHoles))
            return;
        switch (about)
        {
            case Removing:
                moves.Append(new ModelEntry(LogKind.Remove, backup.Bit), new Regretting(), "removes a backup");
                break;
            case Regretting when scope.Undelete && (backup.Needed & ~moves.State.Objects) == 0 && View(moves).Backups.ContainsKey(backup.Backup.ToString()):
                moves.Go(new Found(), "finds everything that the removed backup needs");
                break;
            case Found when MayAdd(View(moves)):
                moves.Go(new Allowed(moves.State.Log), "may bring the backup back");
                break;
            case Allowed(var log) when log == moves.State.Log:
                moves.Append(new ModelEntry(LogKind.Add, backup.Bit), new Ended(), "brings a backup back");
                break;
            case Allowed:
                moves.Go(new Found(), "finds the number taken");
                break;
        }
    }

    private LogState View(Moves moves) => logs.View(moves.State.Sight);

    private bool MayAdd(LogState state) =>
        !scope.Keeps(Rule.UndeleteIsChecked) || CommitRules.MayAdd(state, objects.In(backup.Needed).Select(needed => needed.Name));
}
