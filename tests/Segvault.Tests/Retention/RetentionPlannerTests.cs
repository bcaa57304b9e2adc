using System.Globalization;
using Segvault.Retention;
using Xunit;

namespace Segvault.Tests.Retention;

/// <summary>Which backups a policy keeps: by a table, and by comparison with a model that looks at each backup by itself.</summary>
public sealed class RetentionPlannerTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("last 2", "2026-03-01T01 2026-03-01T02 2026-03-01T03", ".##")]
    [InlineData("last 9", "2026-03-01T01 2026-03-01T02", "##")]
    [InlineData("last 1", "2026-03-01T05 2026-03-01T05", ".#")]
    [InlineData("hourly 2", "2026-03-01T01:10 2026-03-01T01:59 2026-03-01T04:00 2026-03-01T04:01", ".#.#")]
    [InlineData("daily 2", "2026-02-27T23 2026-03-01T00 2026-03-01T23 2026-03-05T12", "..##")]
    [InlineData("daily 3", "2026-02-27T23 2026-03-01T00 2026-03-01T23 2026-03-05T12", "#.##")]

    // Monday the 29th of December 2025 to Sunday the 4th of January 2026 are one week, the first of 2026.
    [InlineData("weekly 2", "2025-12-28T23 2025-12-29T00 2026-01-04T23 2026-01-05T00", "..##")]
    [InlineData("weekly 3", "2025-12-28T23 2025-12-29T00 2026-01-04T23 2026-01-05T00", "#.##")]
    [InlineData("monthly 2", "2026-01-31T23 2026-02-01T00 2026-02-28T23 2026-03-01T00", "..##")]
    [InlineData("monthly 2", "2025-03-05T00 2026-03-04T00", "##")]
    [InlineData("yearly 2", "2024-12-31T23 2025-01-01T00 2025-12-31T23 2026-01-01T00", "..##")]
    [InlineData("within 2d", "2026-02-27T11 2026-02-27T12 2026-02-28T12 2026-03-01T12", ".###")]
    [InlineData("within 0d", "2026-02-28T12 2026-03-01T12 2026-03-01T12", ".##")]
    [InlineData("last 1, yearly 2", "2024-05-01T00 2025-05-01T00 2025-06-01T00 2026-01-01T00", "..##")]
    public void A_policy_keeps_what_the_table_says(string policy, string times, string kept)
    {
        var backups = times.Split(' ').Select((time, i) => Make(i, "index", At(time))).ToList();
        Assert.Equal(kept, Picture(RetentionPlanner.Decide(backups, Parse(policy), force: false)));
    }

    [Fact]
    public void Every_index_is_looked_at_by_itself()
    {
        var backups = new[] { Make(0, "a", Start), Make(1, "b", Start.AddHours(1)), Make(2, "a", Start.AddHours(2)), Make(3, "b", Start.AddHours(3)) };
        Assert.Equal("..##", Picture(RetentionPlanner.Decide(backups, new RetentionPolicy { KeepLast = 1 }, force: false)));
        backups[1] = backups[1] with { Time = Start.AddYears(1) };
        Assert.Equal("##.#", Picture(RetentionPlanner.Decide([backups[0], backups[1], backups[3], backups[2]], new RetentionPolicy { KeepWithin = TimeSpan.FromHours(3) }, force: false)));
    }

    [Fact]
    public void A_pinned_backup_stays_and_does_not_stand_for_its_day()
    {
        var backups = new[] { Make(0, "a", Start) with { Pinned = true }, Make(1, "a", Start.AddDays(1)), Make(2, "a", Start.AddDays(1).AddHours(1)) };
        var decisions = RetentionPlanner.Decide(backups, new RetentionPolicy { KeepDaily = 1 }, force: true);
        Assert.Equal("#.#", Picture(decisions));
        Assert.Equal(["label keep"], decisions[0].Reasons);
        Assert.Equal(["daily"], decisions[2].Reasons);
    }

    [Fact]
    public void A_state_that_an_index_was_in_for_long_counts_as_young_as_when_it_was_last_seen()
    {
        var backups = new[] { Make(0, "a", Start), Make(1, "a", Start.AddDays(1)) with { UnchangedAt = Start.AddDays(50) }, Make(2, "a", Start.AddDays(60)) };
        Assert.Equal(".##", Picture(RetentionPlanner.Decide(backups, new RetentionPolicy { KeepWithin = TimeSpan.FromDays(30) }, force: false)));
        Assert.Equal("..#", Picture(RetentionPlanner.Decide(backups, new RetentionPolicy { KeepWithin = TimeSpan.FromDays(9) }, force: false)));
        Assert.Equal(".##", Picture(RetentionPlanner.Decide(backups, new RetentionPolicy { KeepDaily = 2 }, force: false)));
    }

    [Fact]
    public void The_last_backup_that_can_be_restored_stays()
    {
        var backups = new[] { Make(0, "a", Start), Make(1, "a", Start.AddDays(1)), Make(2, "a", Start.AddDays(2)) with { Restorable = false }, Make(3, "b", Start) };
        Assert.Equal(".###", Picture(RetentionPlanner.Decide(backups, new RetentionPolicy { KeepLast = 1 }, force: false)));
        Assert.Equal("..##", Picture(RetentionPlanner.Decide(backups, new RetentionPolicy { KeepLast = 1 }, force: true)));
    }

    [Fact]
    public void The_last_backup_without_a_mark_stays()
    {
        var backups = new[] { Make(0, "a", Start), Make(1, "a", Start.AddDays(1)), Make(2, "a", Start.AddDays(2)) with { Doubtful = true } };
        Assert.Equal(".##", Picture(RetentionPlanner.Decide(backups, new RetentionPolicy { KeepLast = 1 }, force: false)));
        Assert.Equal("..#", Picture(RetentionPlanner.Decide(backups, new RetentionPolicy { KeepLast = 1 }, force: true)));
    }

    [Fact]
    public void One_that_is_marked_and_one_that_cannot_be_restored_do_not_stand_in_for_a_good_one()
    {
        var backups = new[]
        {
            Make(0, "a", Start), Make(1, "a", Start.AddDays(1)) with { Restorable = false }, Make(2, "a", Start.AddDays(2)) with { Doubtful = true },
        };
        Assert.Equal("###", Picture(RetentionPlanner.Decide(backups, new RetentionPolicy { KeepLast = 2 }, force: false)));
        Assert.Equal("##", Picture(RetentionPlanner.Decide(backups[1..], new RetentionPolicy { KeepLast = 1 }, force: false)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Decisions_agree_with_a_naive_model_on_random_histories(int seed)
    {
        var random = new Random(seed);
        int kept = 0, gone = 0;
        for (int round = 0; round < 400; round++)
        {
            var backups = MakeHistory(random);
            var policy = MakePolicy(random);
            bool force = random.Next(2) == 0;
            var decisions = RetentionPlanner.Decide(backups, policy, force);
            var expected = NaiveModel(backups, policy, force);
            Assert.True(
                decisions.Select(decision => !decision.Reasons.IsEmpty).SequenceEqual(expected),
                $"round {round} of seed {seed}, {policy}: {Picture(decisions)} for {string.Join(", ", backups)}");
            kept += expected.Count(stays => stays);
            gone += expected.Count(stays => !stays);
        }

        output.WriteLine($"{kept} kept, {gone} gone");
        Assert.InRange(gone, 1000, int.MaxValue);
        Assert.InRange(kept, 1000, int.MaxValue);
    }

    /// <summary>Looks at every backup by itself: how many newer buckets are there than its own, and is there a newer backup in it?</summary>
    private static List<bool> NaiveModel(List<RetentionCandidate> all, RetentionPolicy policy, bool force)
    {
        bool IsNewer(int other, int than) =>
            all[other].Name == all[than].Name && (all[other].Time > all[than].Time || (all[other].Time == all[than].Time && other > than));
        bool InBucket(int i, int count, Func<DateTime, string> bucketOf)
        {
            var newer = Enumerable.Range(0, all.Count).Where(other => IsNewer(other, i)).Select(other => bucketOf(all[other].Time.UtcDateTime)).Distinct().ToList();
            return newer.Count < count && !newer.Contains(bucketOf(all[i].Time.UtcDateTime));
        }

        bool Stays(int i) => all[i].Pinned
            || Enumerable.Range(0, all.Count).Count(other => IsNewer(other, i)) < policy.KeepLast
            || InBucket(i, policy.KeepHourly, time => time.ToString("yyyy-MM-dd HH"))
            || InBucket(i, policy.KeepDaily, time => time.ToString("yyyy-MM-dd"))
            || InBucket(i, policy.KeepWeekly, time => $"{ISOWeek.GetYear(time)} {ISOWeek.GetWeekOfYear(time)}")
            || InBucket(i, policy.KeepMonthly, time => time.ToString("yyyy-MM"))
            || InBucket(i, policy.KeepYearly, time => time.ToString("yyyy"))
            || (policy.KeepWithin is { } within && all.Where(backup => backup.Name == all[i].Name).Max(backup => backup.Time) <= all[i].Time + within);

        var stays = Enumerable.Range(0, all.Count).Select(Stays).ToList();
        if (force)
            return stays;
        foreach (var isGood in new Func<RetentionCandidate, bool>[] { backup => backup.Restorable && !backup.Doubtful, backup => backup.Restorable, backup => !backup.Doubtful })
        {
            for (int i = 0; i < all.Count; i++)
            {
                if (isGood(all[i])
                    && !Enumerable.Range(0, all.Count).Any(other => all[other].Name == all[i].Name && isGood(all[other]) && (stays[other] || IsNewer(other, i))))
                    stays[i] = true;
            }
        }

        return stays;
    }

    private static List<RetentionCandidate> MakeHistory(Random random)
    {
        var time = new DateTimeOffset(2025, random.Next(1, 13), random.Next(1, 28), 12, 0, 0, TimeSpan.FromHours(random.Next(-11, 12)));
        int step = random.Next(1, 40);
        return [.. Enumerable.Range(0, random.Next(1, 40)).Select(i =>
        {
            // Now and then at the same time, and what was imported is of any time.
            time += TimeSpan.FromMinutes(random.Next(4) == 0 ? 0 : random.Next(1, 60 * step));
            return Make(i, random.Next(3) == 0 ? "a" : "b", random.Next(8) == 0 ? time.AddDays(-random.Next(300)) : time) with
            {
                Pinned = random.Next(20) == 0,
                Restorable = random.Next(4) != 0,
                Doubtful = random.Next(4) == 0,
            };
        })];
    }

    private static RetentionPolicy MakePolicy(Random random)
    {
        int Some() => random.Next(3) == 0 ? random.Next(1, 6) : 0;
        return new RetentionPolicy
        {
            KeepLast = Some(),
            KeepHourly = Some(),
            KeepDaily = Some(),
            KeepWeekly = Some(),
            KeepMonthly = Some(),
            KeepYearly = Some(),
            KeepWithin = random.Next(4) == 0 ? TimeSpan.FromHours(random.Next(0, 200)) : null,
        };
    }

    private static RetentionCandidate Make(int number, string name, DateTimeOffset time) => new(new BackupId((UInt128)number), name, time);

    private static DateTimeOffset At(string time) =>
        DateTimeOffset.Parse(time.Contains(':', StringComparison.Ordinal) ? time + "Z" : time + ":00Z", CultureInfo.InvariantCulture);

    private static string Picture(IEnumerable<RetentionDecision> decisions) => string.Concat(decisions.Select(decision => decision.Reasons.IsEmpty ? '.' : '#'));

    private static RetentionPolicy Parse(string text) => text.Split(", ").Select(rule => rule.Split(' ')).Aggregate(new RetentionPolicy(), (policy, rule) => rule[0] switch
    {
        "last" => policy with { KeepLast = int.Parse(rule[1]) },
        "hourly" => policy with { KeepHourly = int.Parse(rule[1]) },
        "daily" => policy with { KeepDaily = int.Parse(rule[1]) },
        "weekly" => policy with { KeepWeekly = int.Parse(rule[1]) },
        "monthly" => policy with { KeepMonthly = int.Parse(rule[1]) },
        "yearly" => policy with { KeepYearly = int.Parse(rule[1]) },
        _ => policy with { KeepWithin = TimeSpan.FromDays(int.Parse(rule[1][..^1])) },
    });
}
