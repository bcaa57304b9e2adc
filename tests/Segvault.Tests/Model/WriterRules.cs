using Segvault.Backup;
using Segvault.Repositories;

namespace Segvault.Tests.Model;

/// <summary>A writer's decisions: the product's own, asked of less than the truth where a rule is dropped.</summary>
internal sealed class WriterRules(ModelObjects objects, ModelLogs logs, ModelScope scope)
{
    private readonly Dictionary<(Sight Sight, UInt128 Stored, int Wanted, UInt128 Own), (UInt128 Packs, int Missing)> _choices = [];
    private readonly Dictionary<(Sight Sight, int Known, int Manifest), bool> _allowed = [];

    /// <summary>The packs that a backup refers to instead of storing their chunks, and the chunks that it has to store.</summary>
    public (UInt128 Packs, int Missing) Choose(Sight sight, UInt128 stored, int wanted, UInt128 own)
    {
        if (_choices.TryGetValue((sight, stored, wanted, own), out var known))
            return known;
        var state = logs.View(sight);
        var relied = scope.Keeps(Rule.CondemnedPacksAreNotReused) ? state : state with { Condemned = [] };
        var parents = state.Live.Reverse().Select(add => objects.Of(add.Id)).Where(manifest => (manifest.Bit & stored) != 0).Select(manifest => manifest.Packs).Append(own)
            .SelectMany(objects.In).Distinct().ToList();
        var packs = parents.Where(pack => CommitRules.MayReuse(relied, pack.Reference, (pack.Bit & stored) == 0 ? null : ModelObject.Length));
        if (scope.Resume)
        {
            var left = scope.Keeps(Rule.ResumedPacksAreChecked) ? relied : state with { Condemned = [], Erased = [] };
            var there = objects.In(stored).Where(pack => pack.IsPack).Select(pack => pack.Stored);
            packs = packs.Concat(ResumablePacks.Choose(left, there, parents.Select(pack => pack.Reference)).Values.Select(pack => objects.Named(pack.Name)).OrderBy(pack => pack.Number));
        }

        var chosen = (Packs: UInt128.Zero, Missing: wanted);
        foreach (var pack in packs.Where(pack => (pack.Chunks & chosen.Missing) != 0))
            chosen = (chosen.Packs | pack.Bit, chosen.Missing & ~pack.Chunks);
        return _choices[(sight, stored, wanted, own)] = chosen;
    }

    /// <summary>Whether an Add may follow exactly this state.</summary>
    /// <param name="sight">What the writer sees.</param>
    /// <param name="known">The content that the writer had folded before.</param>
    /// <param name="manifest">The backup.</param>
    /// <param name="writer">The writer.</param>
    public bool MayAdd(Sight sight, int known, ModelObject manifest, string writer)
    {
        if (_allowed.TryGetValue((sight, known, manifest.Number), out var answer))
            return answer;
        var state = logs.View(sight);
        var old = logs[known].Folded.Erased;
        var asked = objects.In(manifest.Needed).Where(needed => scope.Dropped switch
        {
            Rule.AddIsCheckedAgainstErasures => false,
            Rule.AddIsCheckedAgainstTheWholePrefix => !old.Contains(needed.Name),
            Rule.NewPacksAreCheckedToo => needed.Owner != writer,
            Rule.ResumedPacksAreChecked => needed.Owner == writer,
            Rule.NamesAreNotReused => needed.Owner != writer || !old.Contains(needed.Name),
            _ => true,
        });
        return _allowed[(sight, known, manifest.Number)] = CommitRules.MayAdd(state, asked.Select(needed => needed.Name));
    }
}
