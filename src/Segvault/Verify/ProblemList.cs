using System.Collections.Immutable;

namespace Segvault.Verify;

/// <summary>Collects what a verification finds, one entry for each object and defect, with all that it concerns.</summary>
internal sealed class ProblemList
{
    private readonly List<(string Object, string Problem)> _order = [];
    private readonly Dictionary<(string Object, string Problem), (List<BackupId> Backups, List<string> Files)> _concerned = [];

    /// <summary>Backups whose manifest could not be read.</summary>
    public int LostManifests { get; private set; }

    public void AddLostManifest(string lostObject, string problem, BackupId backup)
    {
        LostManifests++;
        Add(lostObject, problem, backup, null);
    }

    public void Add(string damagedObject, string problem, BackupId? backup, string? file)
    {
        if (!_concerned.TryGetValue((damagedObject, problem), out var concerned))
        {
            _order.Add((damagedObject, problem));
            _concerned.Add((damagedObject, problem), concerned = ([], []));
        }

        if (backup is { } id && !concerned.Backups.Contains(id))
            concerned.Backups.Add(id);
        if (backup is { } owner && file is not null)
            concerned.Files.Add($"{owner}:{file}");
    }

    public ImmutableArray<VerifyProblem> ToReport() =>
        [.. _order.Select(key => new VerifyProblem(key.Object, key.Problem, [.. _concerned[key].Backups], [.. _concerned[key].Files]))];
}
