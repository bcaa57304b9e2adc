using Segvault.Collection;
using Segvault.Repositories;

namespace Segvault.Retention;

/// <summary>Counts what backups hold alone and what their removal releases.</summary>
internal static class RemovalArithmetic
{
    /// <param name="live">What every live backup reaches.</param>
    /// <param name="goes">Which of them are removed.</param>
    public static RemovalPlan Plan(IReadOnlyList<BackupReach> live, Func<AddBody, bool> goes)
    {
        var users = Count(live);
        var removed = live.Where(reach => goes(reach.Add)).ToList();
        var leaving = Count(removed);
        var released = removed.SelectMany(reach => reach.Packs).DistinctBy(pack => pack.Id).Where(pack => users[pack.Id] == leaving[pack.Id]).ToList();
        return new RemovalPlan
        {
            Backups = [.. removed.Select(reach => new RemovedBackup(
                reach.Add.ToSummary(), reach.Add.ManifestLength + reach.Packs.Where(pack => users[pack.Id] == 1).Sum(pack => pack.Length)))],
            BytesReleased = removed.Sum(reach => reach.Add.ManifestLength) + released.Sum(pack => pack.Length),
            PacksReleased = released.Count,
            Unreadable = [.. live.Where(reach => reach.Problem is not null).Select(reach => reach.Add.Id)],
        };
    }

    private static Dictionary<ObjectId, int> Count(IEnumerable<BackupReach> backups) =>
        backups.SelectMany(reach => reach.Packs.Select(pack => pack.Id).Distinct()).CountBy(pack => pack).ToDictionary(count => count.Key, count => count.Value);
}
