using System.Collections.Immutable;

namespace Segvault.Retention;

/// <summary>A backup as retention sees it.</summary>
/// <param name="Id">Which one.</param>
/// <param name="Name">Its index; each is looked at by itself.</param>
/// <param name="Time">When it was recorded. Backups are given in the order of the log, which decides between equal times.</param>
internal sealed record RetentionCandidate(BackupId Id, string Name, DateTimeOffset Time)
{
    /// <summary>When a later backup last found nothing changed.</summary>
    public DateTimeOffset? UnchangedAt { get; init; }

    /// <summary>When the index was last known to hold this state.</summary>
    public DateTimeOffset Until => UnchangedAt > Time ? UnchangedAt.Value : Time;

    /// <summary>It bears the label that pins.</summary>
    public bool Pinned { get; init; }

    /// <summary>Its manifest can be read, and nothing in the log says that a pack of it is bad or erased.</summary>
    public bool Restorable { get; init; } = true;

    /// <summary>It is flagged, and nobody has said that it is as it should be.</summary>
    public bool Doubtful { get; init; }
}

/// <summary>What becomes of a backup.</summary>
/// <param name="Backup">Which one.</param>
/// <param name="Reasons">Why it stays; empty when it goes.</param>
internal sealed record RetentionDecision(BackupId Backup, ImmutableArray<string> Reasons);

/// <summary>Decides which backups stay. Reads nothing and knows no clock.</summary>
internal static class RetentionPlanner
{
    /// <summary>Decides about every backup, in the order in which they were given.</summary>
    /// <param name="backups">All live backups, in the order of the log.</param>
    /// <param name="policy">The rules.</param>
    /// <param name="force">Whether the last backup that is any good may go.</param>
    public static IReadOnlyList<RetentionDecision> Decide(IReadOnlyList<RetentionCandidate> backups, RetentionPolicy policy, bool force)
    {
        var reasons = backups.ToDictionary(backup => backup.Id, _ => new List<string>());
        foreach (var index in backups.Reverse().GroupBy(backup => backup.Name, StringComparer.Ordinal))
        {
            // The sort is stable: of two at one time, the one that came later into the log is the newer.
            var newestFirst = index.OrderByDescending(backup => backup.Time).ToList();
            ApplyRules(newestFirst, policy, (backup, reason) => reasons[backup.Id].Add(reason));
            if (!force)
                KeepTheLast(newestFirst, backup => reasons[backup.Id].Count > 0, (backup, reason) => reasons[backup.Id].Add(reason));
        }

        return [.. backups.Select(backup => new RetentionDecision(backup.Id, [.. reasons[backup.Id]]))];
    }

    private static void ApplyRules(List<RetentionCandidate> newestFirst, RetentionPolicy policy, Action<RetentionCandidate, string> keep)
    {
        foreach (var pinned in newestFirst.Where(backup => backup.Pinned))
            keep(pinned, $"label {RetentionPolicy.PinLabel}");
        foreach (var last in newestFirst.Take(policy.KeepLast))
            keep(last, "last");
        if (policy.KeepWithin is { } within)
        {
            foreach (var young in newestFirst.Where(backup => newestFirst[0].Time - backup.Until <= within))
                keep(young, "within");
        }

        KeepNewestOfEach(newestFirst, policy.KeepHourly, time => time.Ticks / TimeSpan.TicksPerHour, backup => keep(backup, "hourly"));
        KeepNewestOfEach(newestFirst, policy.KeepDaily, time => DayOf(time), backup => keep(backup, "daily"));

        // Day 0 of the calendar, the first of January of the year 1, is a Monday: whole weeks since then are ISO weeks.
        KeepNewestOfEach(newestFirst, policy.KeepWeekly, time => DayOf(time) / 7, backup => keep(backup, "weekly"));
        KeepNewestOfEach(newestFirst, policy.KeepMonthly, time => (time.Year * 12) + time.Month, backup => keep(backup, "monthly"));
        KeepNewestOfEach(newestFirst, policy.KeepYearly, time => time.Year, backup => keep(backup, "yearly"));
    }

    private static void KeepNewestOfEach(List<RetentionCandidate> newestFirst, int count, Func<DateTime, long> bucketOf, Action<RetentionCandidate> keep)
    {
        foreach (var bucket in newestFirst.GroupBy(backup => bucketOf(backup.Time.UtcDateTime)).Take(count))
            keep(bucket.First());
    }

    /// <summary>Whatever the rules say: of every index something stays that can be restored, and something that nothing speaks against.</summary>
    private static void KeepTheLast(List<RetentionCandidate> newestFirst, Func<RetentionCandidate, bool> isKept, Action<RetentionCandidate, string> keep)
    {
        KeepOne(backup => backup is { Restorable: true, Doubtful: false }, "last good one");
        KeepOne(backup => backup.Restorable, "last that can be restored");
        KeepOne(backup => !backup.Doubtful, "last without a mark");

        void KeepOne(Predicate<RetentionCandidate> isWanted, string reason)
        {
            if (!newestFirst.Exists(backup => isWanted(backup) && isKept(backup)) && newestFirst.Find(isWanted) is { } last)
                keep(last, reason);
        }
    }

    private static long DayOf(DateTime time) => DateOnly.FromDateTime(time).DayNumber;
}
