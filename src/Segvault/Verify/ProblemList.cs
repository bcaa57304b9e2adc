using System.Collections.Immutable;

namespace Segvault.Verify;

/// <summary>Collects what a verification finds, one entry for each object and defect, with all that it concerns.</summary>
internal sealed class ProblemList
{
    private readonly List<(string Object, string Problem)> _order = [];
    private readonly Dictionary<(string Object, string Problem), Concerned> _concerned = [];

    /// <summary>Says that an object is wrong.</summary>
    /// <param name="damagedObject">The object.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <param name="backup">A backup that this harms; null when it is not any single one's.</param>
    /// <param name="file">A file of it that this harms; null when it is not any single one.</param>
    /// <param name="index">The name of the index that the backup is of, where that is known.</param>
    public void Add(string damagedObject, string problem, BackupId? backup = null, string? file = null, string? index = null)
    {
        if (!_concerned.TryGetValue((damagedObject, problem), out var concerned))
        {
            _order.Add((damagedObject, problem));
            _concerned.Add((damagedObject, problem), concerned = new Concerned());
        }

        if (backup is not { } id)
        {
            concerned.IsGeneral = true;
            return;
        }

        if (!concerned.Backups.TryGetValue(id, out var harmed))
            concerned.Backups.Add(id, harmed = new HarmedBackup(index));
        if (file is not null && harmed.Seen.Add(file))
            harmed.Files.Add($"{id}:{file}");
    }

    /// <summary>What was found.</summary>
    /// <param name="isLive">Whether a backup is still there: what harms only others is left out. Null means that all are.</param>
    public ImmutableArray<VerifyProblem> ToReport(Func<BackupId, bool>? isLive = null)
    {
        var report = ImmutableArray.CreateBuilder<VerifyProblem>();
        foreach (var key in _order)
        {
            var concerned = _concerned[key];
            var harmed = concerned.Backups.Where(entry => isLive is null || isLive(entry.Key)).ToList();
            if (!concerned.IsGeneral && harmed.Count == 0)
                continue;
            report.Add(new VerifyProblem(key.Object, key.Problem, [.. harmed.Select(entry => entry.Key)], [.. harmed.SelectMany(entry => entry.Value.Files)])
            {
                Indexes = [.. harmed.Select(entry => entry.Value.Index).OfType<string>().Distinct(StringComparer.Ordinal)],
            });
        }

        return report.ToImmutable();
    }

    private sealed class Concerned
    {
        public bool IsGeneral { get; set; }

        public OrderedDictionary<BackupId, HarmedBackup> Backups { get; } = [];
    }

    private sealed record HarmedBackup(string? Index)
    {
        public List<string> Files { get; } = [];

        public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);
    }
}
