using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repair;

/// <summary>A small log, harmed in every place: after the repair every backup is there again, in its order, and all clients agree.</summary>
public sealed class LogRepairTests : IAsyncLifetime
{
    private const int Entries = 5;

    private readonly TempDirectory _directory = new();
    private RepositoryBench _base = null!;
    private TantivyFiles _index = null!;
    private BackupId[] _backups = null!;

    public static TheoryData<string> Harms => ["flip", "cut", "delete", "empty", "foreign"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _base = await RepositoryBench.CreateAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 200);
        var backups = new List<BackupId>();
        for (int i = 0; i < Entries; i++)
        {
            backups.Add((await _base.BackUpAsync(_index.Directory)).Backup.Id);
            _index.AddSegment(5);
            _index.WriteMeta();
        }

        _backups = [.. backups];
    }

    public async ValueTask DisposeAsync()
    {
        await _base.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Harms))]
    public async Task One_harmed_entry_costs_no_backup(string harm)
    {
        for (int i = 0; i < Entries; i++)
            await RepairAndCheckAsync([(i, harm)]);
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("delete")]
    public async Task Two_harmed_entries_cost_no_backup(string harm)
    {
        for (int i = 0; i < Entries; i++)
        {
            for (int j = i + 1; j < Entries; j++)
                await RepairAndCheckAsync([(i, harm), (j, j % 2 == 0 ? "delete" : "flip")]);
        }
    }

    [Fact]
    public async Task Swapped_entries_cost_no_backup()
    {
        for (int i = 0; i < Entries; i++)
        {
            for (int j = i + 1; j < Entries; j++)
                await RepairAndCheckAsync([], (i, j));
        }
    }

    [Fact]
    public async Task The_whole_log_may_be_lost() =>
        await RepairAndCheckAsync([.. Enumerable.Range(0, Entries).Select(i => (i, "flip"))]);

    [Fact]
    public async Task A_fork_is_passed_over()
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        bench.Plant(bench.ReadEntry(2) with { Random = "another" });
        await RepairAndCheckAsync(bench, null, 2);
    }

    [Fact]
    public async Task An_entry_that_turns_up_again_changes_nothing()
    {
        for (int i = 0; i < Entries - 1; i++)
        {
            await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
            Harm(bench, i, "delete");
            await bench.Repository.RepairAsync(cancellationToken: Token);
            var before = await FoldAsync(bench);
            bench.Memory.Objects[LogReader.NameOf(i)] = _base.Memory.Objects[LogReader.NameOf(i)];
            await using var fresh = await bench.OpenAnotherAsync();
            await AssertAgreeAsync(before, fresh);
            Assert.Equal(RepairOutcome.Sound, (await fresh.Repository.RepairAsync(cancellationToken: Token)).Outcome);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_removed_backup_that_a_lost_entry_may_have_brought_back_is_there_again(bool broughtBack)
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        await bench.Repository.DeleteBackupsAsync([_backups[1]], Token);
        if (broughtBack)
            await bench.Repository.UndeleteBackupsAsync([_backups[1]], Token);
        else
            await bench.AppendAsync(LogKind.Nop);
        await bench.Repository.DeleteBackupsAsync([_backups[2]], Token);
        Harm(bench, (int)(await FoldAsync(bench)).NextNumber - 2, "delete");
        await using var fresh = await bench.OpenAnotherAsync();
        var report = await fresh.Repository.RepairAsync(cancellationToken: Token);
        Assert.Equal([_backups[1]], report.BackupsAddedAgain.Select(backup => backup.Id));
        Assert.Equal(_backups.Where(backup => backup != _backups[2]), (await fresh.ListAsync()).Select(backup => backup.Id));
        await fresh.Repository.DeleteBackupsAsync([_backups[1]], Token);
        Assert.Equal(RepairOutcome.Sound, (await fresh.Repository.RepairAsync(cancellationToken: Token)).Outcome);
        Assert.DoesNotContain(_backups[1], (await fresh.ListAsync()).Select(backup => backup.Id));
    }

    [Fact]
    public async Task A_lost_removal_brings_its_backup_back_and_nothing_erased_is_added_again()
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        bench.DamagedBecause = "the removal of a backup that was erased is lost";
        string gone = ManifestStore.NameOf(_backups[0]);
        await bench.AppendAsync(LogKind.Remove, _backups[0].ToString());
        await bench.AppendAsync(LogKind.Condemn, gone);
        await bench.AppendAsync(LogKind.Erase, gone);
        await bench.AppendAsync(LogKind.Remove, _backups[1].ToString());
        await bench.AppendAsync(LogKind.Nop);
        Harm(bench, Entries, "flip");
        Harm(bench, Entries + 3, "flip");
        await bench.Repository.RepairAsync(cancellationToken: Token);

        // That the manifest of the first is erased is still known, so its backup is a live one that is lost, and named.
        var report = await bench.Repository.RepairAsync(cancellationToken: Token);
        Assert.Contains(_backups[1], (await bench.ListAsync()).Select(backup => backup.Id));
        Assert.Contains(gone, (await FoldAsync(bench)).Erased);
        Assert.DoesNotContain(report.BackupsAddedAgain, backup => backup.Id == _backups[0]);
    }

    [Fact]
    public async Task What_was_condemned_before_a_lost_entry_is_taken_for_erased()
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        await bench.AppendAsync(LogKind.Condemn, "packs/" + new string('a', 32));
        await bench.AppendAsync(LogKind.Nop);
        await bench.AppendAsync(LogKind.Nop);
        Harm(bench, Entries + 1, "delete");
        await bench.Repository.RepairAsync(cancellationToken: Token);
        Assert.Contains("packs/" + new string('a', 32), (await FoldAsync(bench)).Erased);
    }

    [Fact]
    public async Task A_repair_that_fails_at_any_call_is_finished_by_the_next()
    {
        int calls;
        {
            await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
            Harm(bench, 1, "flip");
            Harm(bench, 3, "delete");
            await bench.Repository.RepairAsync(cancellationToken: Token);
            calls = bench.Store.Calls.Count;
        }

        for (int i = 0; i < calls; i++)
        {
            await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
            Harm(bench, 1, "flip");
            Harm(bench, 3, "delete");
            bench.Store.OnCall = call => call.Number >= i ? Fault.FailBefore : Fault.None;
            await Record.ExceptionAsync(() => bench.Repository.RepairAsync(cancellationToken: Token));
            await using var next = await bench.OpenAnotherAsync();
            await RepairAndCheckAsync(next, null, 1);
        }
    }

    [Fact]
    public async Task Two_repairs_at_once_agree()
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        Harm(bench, 1, "flip");
        Harm(bench, 3, "delete");
        await using var other = await bench.OpenAnotherAsync();
        bench.Store.BeforeCall = async _ => await Task.Yield();
        other.Store.BeforeCall = async _ => await Task.Yield();
        await Task.WhenAll(
            Task.Run(() => bench.Repository.RepairAsync(cancellationToken: Token), Token), Task.Run(() => other.Repository.RepairAsync(cancellationToken: Token), Token));
        await RepairAndCheckAsync(await bench.OpenAnotherAsync(), null, 1);
    }

    [Fact]
    public async Task Entries_are_put_back_from_a_copy_of_the_repository()
    {
        await using var copy = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        for (int i = 0; i < Entries - 1; i++)
        {
            await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
            Harm(bench, i, "delete");
            var report = await bench.Repository.RepairAsync(new RepairOptions { Repository = copy.Repository }, cancellationToken: Token);
            Assert.Equal(RepairOutcome.Repaired, report.Outcome);
            Assert.Equal([LogReader.NameOf(i)], report.ObjectsPutBack);
            Assert.Equal(_base.Memory.NamesOf("log/"), bench.Memory.NamesOf("log/"));
            Assert.Equal(_base.Memory.Objects[LogReader.NameOf(i)], bench.Memory.Objects[LogReader.NameOf(i)]);
        }
    }

    [Fact]
    public async Task An_entry_of_a_copy_that_went_another_way_is_not_put_back()
    {
        await using var copy = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        copy.DamagedBecause = "the log goes two ways";
        copy.Plant(copy.ReadEntry(2) with { Random = "another" });
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        Harm(bench, 2, "delete");
        var report = await bench.Repository.RepairAsync(new RepairOptions { Repository = copy.Repository }, cancellationToken: Token);
        Assert.Empty(report.ObjectsPutBack);
        Assert.False(bench.Memory.Objects.ContainsKey(LogReader.NameOf(2)));
        await RepairAndCheckAsync(bench, null, 2);
    }

    [Fact]
    public async Task A_lost_backup_that_is_not_complete_is_named_and_the_others_are_there()
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        bench.DamagedBecause = "a lost backup lacks something";
        Harm(bench, 2, "flip");
        string manifest = ManifestStore.NameOf(_backups[2]);
        bench.Memory.Objects[manifest][50] ^= 1;
        var report = await bench.Repository.RepairAsync(cancellationToken: Token);
        Assert.Equal(RepairOutcome.Incomplete, report.Outcome);
        Assert.Equal(manifest, Assert.Single(report.Unrepaired).Object);
        Assert.Equal(_backups.Where((_, i) => i != 2), (await bench.ListAsync()).Select(backup => backup.Id));
        await bench.BackUpAsync(_index.Directory);
    }

    [Fact]
    public async Task A_plan_changes_nothing_and_says_what_a_repair_does()
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        Harm(bench, 1, "flip");
        var names = bench.Memory.Objects.Keys.Order(StringComparer.Ordinal).ToList();
        var plan = await bench.Repository.PlanRepairAsync(cancellationToken: Token);
        Assert.Equal(names, bench.Memory.Objects.Keys.Order(StringComparer.Ordinal));
        var report = await bench.Repository.RepairAsync(cancellationToken: Token);
        Assert.True(plan.DryRun);
        Assert.Equal(RepairOutcome.Repaired, plan.Outcome);
        Assert.Equal(report.Problems.Select(problem => problem.Object), plan.Problems.Select(problem => problem.Object));
        Assert.Equal(report.BackupsAddedAgain.Select(backup => backup.Id), plan.BackupsAddedAgain.Select(backup => backup.Id));
    }

    private async Task RepairAndCheckAsync((int Entry, string Harm)[] harms, (int First, int Second)? swap = null)
    {
        await using var bench = await RepositoryBench.OpenAsync(_base.Memory.Copy());
        await using var old = await bench.OpenAnotherAsync();
        await old.Log.FoldAsync(Token);
        foreach (var (entry, harm) in harms)
            Harm(bench, entry, harm);
        if (swap is { } pair)
        {
            string first = LogReader.NameOf(pair.First), second = LogReader.NameOf(pair.Second);
            (bench.Memory.Objects[first], bench.Memory.Objects[second]) = (bench.Memory.Objects[second], bench.Memory.Objects[first]);
        }

        await RepairAndCheckAsync(bench, old, swap?.First ?? harms[0].Entry);
    }

    private async Task RepairAndCheckAsync(RepositoryBench bench, RepositoryBench? old, int harmed)
    {
        var report = await bench.Repository.RepairAsync(cancellationToken: Token);
        string what = $"entry {harmed}: {string.Join("; ", report.Problems.Select(problem => $"{problem.Object} {problem.Problem}"))}";
        Assert.True(report.Outcome != RepairOutcome.Incomplete, what);
        var state = await FoldAsync(bench);
        Assert.True(state.Obstacle is null, $"{what}: {state.Obstacle?.Message}");
        Assert.False(state.Recovering, what);
        Assert.True(_backups.SequenceEqual(state.Live.Select(add => add.Id)), $"{what}: {string.Join(' ', state.Live.Select(add => Array.IndexOf(_backups, add.Id)))}");

        await using var fresh = await bench.OpenAnotherAsync();
        Assert.Equal(RepairOutcome.Sound, (await fresh.Repository.RepairAsync(cancellationToken: Token)).Outcome);
        foreach (var client in old is null ? new[] { bench, fresh } : [bench, fresh, old])
            await AssertAgreeAsync(state, client);
        foreach (var backup in _backups)
        {
            string target = _directory.Combine("restored");
            await fresh.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token);
            Directory.Delete(target, recursive: true);
        }

        // Whoever had the old log in memory writes on the same chain.
        var appended = await (old ?? fresh).BackUpAsync(_index.Directory);
        await using var last = await bench.OpenAnotherAsync();
        Assert.Equal(appended.Backup.Id, (await last.Manager.FindBackupAsync("latest", cancellationToken: Token)).Id);
        Assert.Empty((await last.VerifyAsync()).Problems);
    }

    private static async Task AssertAgreeAsync(LogState state, RepositoryBench client)
    {
        var theirs = await client.Log.FoldAsync(Token);
        Assert.True(theirs.Obstacle is null, theirs.Obstacle?.Message);
        Assert.Equal(Checkpoint.Of(state).ToJson(), Checkpoint.Of(theirs).ToJson());
    }

    private static Task<LogState> FoldAsync(RepositoryBench bench) => bench.Log.FoldWholeAsync(Token);

    private static void Harm(RepositoryBench bench, int entry, string harm)
    {
        string name = LogReader.NameOf(entry);
        byte[] bytes = [.. bench.Memory.Objects[name]];
        switch (harm)
        {
            case "flip":
                bytes[100] ^= 4;
                bench.Memory.Objects[name] = bytes;
                break;
            case "cut":
                bench.Memory.Objects[name] = bytes[..(bytes.Length / 2)];
                break;
            case "empty":
                bench.Memory.Objects[name] = [];
                break;
            case "foreign":
                bench.Memory.Objects[name] = LogReader.Seal(bench.ReadEntry(entry), ObjectId.NewRandom());
                break;
            default:
                bench.Memory.Objects.TryRemove(name, out _);
                break;
        }
    }
}
