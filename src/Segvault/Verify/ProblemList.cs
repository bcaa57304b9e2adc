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

    /// <summary>The backups that anything was found wrong with.</summary>
    public IEnumerable<BackupId> Backups => _concerned.Values.SelectMany(concerned => concerned.Backups).Distinct();

    /// <summary>Takes back what was found wrong with backups that are no longer there: what concerns nothing else is no problem at all.</summary>
    public void Forget(IReadOnlyCollection<BackupId> removed)
    {
        var files = removed.Select(backup => $"{backup}:").ToList();
        foreach (var (key, (backups, names)) in _concerned.Where(entry => entry.Value.Backups.Exists(removed.Contains)).ToList())
        {
            backups.RemoveAll(removed.Contains);
            names.RemoveAll(name => files.Exists(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
            if (backups.Count > 0)
                continue;
            _concerned.Remove(key);
            _order.Remove(key);
        }
    }

    public ImmutableArray<VerifyProblem> ToReport() =>
        [.. _order.Select(key => new VerifyProblem(key.Object, key.Problem, [.. _concerned[key].Backups], [.. _concerned[key].Files]))];
}
