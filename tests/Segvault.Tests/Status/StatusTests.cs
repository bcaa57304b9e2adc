using Segvault.Repositories;
using Segvault.Status;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Status;

/// <summary>What a folded log says of how things stand.</summary>
public sealed class StatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 10, 12, 0, 0, TimeSpan.Zero);
    private LogState _state = LogState.Empty;
    private BadPacks _bad = new([], []);

    [Fact]
    public void A_new_enough_backup_is_healthy_and_one_too_old_is_not()
    {
        Add('1', "a", hoursAgo: 20);
        Assert.True(Read().IsHealthy);
        Assert.True(Read(new() { MaxAge = TimeSpan.FromHours(26) }).IsHealthy);
        var status = Read(new() { MaxAge = TimeSpan.FromHours(19) });
        Assert.False(status.IsHealthy);
        Assert.Equal(TimeSpan.FromHours(20), Assert.Single(status.Indexes).NewestAge);
        Assert.Contains("20 h", Assert.Single(status.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void One_old_index_among_others_is_enough()
    {
        Add('1', "a", hoursAgo: 50);
        Add('2', "b", hoursAgo: 1);
        var options = new StatusOptions { MaxAge = TimeSpan.FromHours(26) };
        Assert.Equal(["a", "b"], Read(options).Indexes.Select(index => index.Name));
        Assert.Contains("'a'", Assert.Single(Read(options).Problems), StringComparison.Ordinal);
        Assert.True(Read(options with { Name = "b" }).IsHealthy);
    }

    [Fact]
    public void No_backup_at_all_is_not_healthy()
    {
        Assert.False(Read().IsHealthy);
        Assert.False(Read(new() { Name = "a" }).IsHealthy);
        Add('1', "a", hoursAgo: 1);
        Assert.False(Read(new() { Name = "b" }).IsHealthy);
    }

    [Fact]
    public void Proven_is_the_newest_backup_whose_last_drill_was_passed()
    {
        Add('1', "a", hoursAgo: 100);
        Add('2', "a", hoursAgo: 50);
        Add('3', "a", hoursAgo: 1);
        var options = new StatusOptions { ProvenWithin = TimeSpan.FromHours(60) };
        Assert.Contains("no backup was proven", Assert.Single(Read(options).Problems), StringComparison.Ordinal);
        Drill('1', passed: true);
        Assert.Equal(TimeSpan.FromHours(100), Assert.Single(Read(options).Indexes).ProvenAge);
        Assert.False(Read(options).IsHealthy);
        Drill('2', passed: true);
        Assert.True(Read(options).IsHealthy);
        Drill('2', passed: false);
        Assert.Equal(TimeSpan.FromHours(100), Assert.Single(Read(options).Indexes).ProvenAge);
        Assert.True(Read().IsHealthy);
    }

    [Fact]
    public void A_newest_backup_that_failed_its_last_drill_is_not_healthy()
    {
        Add('1', "a", hoursAgo: 1);
        Drill('1', passed: false);
        Assert.Contains("what was wrong", Assert.Single(Read().Problems), StringComparison.Ordinal);
        Drill('1', passed: true);
        Assert.True(Read().IsHealthy);
    }

    [Fact]
    public void A_mark_alarms_until_it_is_confirmed_and_where_a_backup_came_from_is_no_mark()
    {
        Add('1', "a", hoursAgo: 1, "imported", "shrank");
        Assert.Equal(["shrank"], Assert.Single(Read().Indexes).Flags);
        Assert.False(Read().IsHealthy);
        Fold(RepositoryBench.Entry(LogKind.Confirmed, Id('1')));
        Assert.Empty(Assert.Single(Read().Indexes).Flags);
        Assert.True(Read().IsHealthy);
        Add('2', "b", hoursAgo: 1, "imported");
        Assert.True(Read().IsHealthy);
    }

    [Fact]
    public void A_pack_known_to_be_bad_is_not_healthy_and_some_who_need_it_are_named()
    {
        Add('1', "a", hoursAgo: 1);
        _bad = new(["packs/x"], [.. _state.Live]);
        Assert.Equal(["packs/x"], Read().BadPacks);
        Assert.False(Read().IsHealthy);
        Assert.StartsWith("1 pack was found bad, and backup 11111111 needs it:", Assert.Single(Read().Problems), StringComparison.Ordinal);
        foreach (char id in "2345")
            Add(id, "a", hoursAgo: 1);
        _bad = new(["packs/x", "packs/y"], [.. _state.Live]);
        Assert.StartsWith("2 packs were found bad, and backups 11111111, 22222222, 33333333, 2 more need them:", Assert.Single(Read().Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_that_rests_is_as_old_as_the_last_look_at_it()
    {
        Add('1', "a", hoursAgo: 500);
        var options = new StatusOptions { MaxAge = TimeSpan.FromHours(26), ProvenWithin = TimeSpan.FromHours(48) };
        Unchanged('1', hoursAgo: 40);
        Unchanged('1', hoursAgo: 90);
        var index = Assert.Single(Read().Indexes);
        Assert.Equal(TimeSpan.FromHours(40), index.NewestAge);
        Assert.Equal(Now.AddHours(-40), index.Newest!.UnchangedAt);
        Drill('1', passed: true, hoursAgo: 30);
        Assert.Equal(TimeSpan.FromHours(40), Assert.Single(Read().Indexes).ProvenAge);
        Unchanged('1', hoursAgo: 1);
        Assert.True(Read(options).IsHealthy);
        Assert.Equal(TimeSpan.FromHours(30), Assert.Single(Read(options).Indexes).ProvenAge);
        Assert.False(Read(options with { ProvenWithin = TimeSpan.FromHours(29) }).IsHealthy);
    }

    [Fact]
    public void A_removed_backup_counts_no_more()
    {
        Add('1', "a", hoursAgo: 30);
        Add('2', "a", hoursAgo: 1);
        Fold(RepositoryBench.Entry(LogKind.Remove, Id('2')));
        Assert.False(Read(new() { MaxAge = TimeSpan.FromHours(26) }).IsHealthy);
    }

    [Fact]
    public void A_log_that_cannot_be_read_to_its_end_is_damage_and_no_status()
    {
        Add('1', "a", hoursAgo: 1);
        _state = _state with { Obstacle = new DamageException(ErrorCode.RepositoryDamaged, "log/x", "broken") };
        Assert.Throws<DamageException>(() => Read());
    }

    private RepositoryStatus Read(StatusOptions? options = null) => new StatusReader(options ?? new StatusOptions(), Now).Read(_state, _bad);

    private void Add(char id, string name, int hoursAgo, params string[] flags) => Fold(LogEntry.Draft(LogKind.Add) with
    {
        Add = SampleBackup.Of(Id(id)) with { PinnedAt = Now.AddHours(-hoursAgo), Name = name, Flags = flags },
    }, hoursAgo);

    private void Unchanged(char id, int hoursAgo) => Fold(LogEntry.Draft(LogKind.Unchanged) with
    {
        Unchanged = new UnchangedBody { Backup = Id(id), PinnedAt = Now.AddHours(-hoursAgo) },
    }, hoursAgo);

    private void Drill(char id, bool passed, int hoursAgo = 0) => Fold(LogEntry.Draft(LogKind.Verified) with
    {
        Verified = new VerifiedBody { Names = [], Drill = new DrillBody { Backup = Id(id), Passed = passed, Documents = 1, Problems = passed ? null : ["what was wrong"] } },
    }, hoursAgo);

    private void Fold(LogEntry entry, int hoursAgo = 0) => _state = _state.Apply(entry with { Number = _state.NextNumber, Time = Now.AddHours(-hoursAgo) }, "");

    private static string Id(char digit) => new(digit, 32);
}
