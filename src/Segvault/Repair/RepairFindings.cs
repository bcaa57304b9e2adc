using System.Collections.Immutable;
using Segvault.Repositories;

namespace Segvault.Repair;

/// <summary>What was found wrong, in the order in which it was found, and what became of it.</summary>
internal sealed class RepairFindings
{
    private readonly List<RepairProblem> _problems = [];
    private readonly List<string> _putBack = [];

    public void Add(string damagedObject, string problem, AddBody? backup, IEnumerable<string> files, bool repaired) =>
        _problems.Add(new RepairProblem(damagedObject, problem, backup?.ToSummary(), [.. files], repaired));

    public void PutBack(string name, AddBody? backup, bool missing = true)
    {
        _putBack.Add(name);
        if (missing)
            Add(name, "is missing; the other repository has it.", backup, [], repaired: true);
    }

    /// <summary>Everything that is wrong with a backup is mended.</summary>
    public void Heal(BackupId backup)
    {
        for (var i = 0; i < _problems.Count; i++)
        {
            if (_problems[i].Backup?.Id == backup)
                _problems[i] = _problems[i] with { Repaired = true };
        }
    }

    public ImmutableArray<RepairProblem> Problems => [.. _problems];

    public ImmutableArray<string> ObjectsPutBack => [.. _putBack];
}
