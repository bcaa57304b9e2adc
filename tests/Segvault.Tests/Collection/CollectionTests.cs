using Segvault.Repositories;
using Segvault.Storage;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Collection;

/// <summary>What a collection takes, what it leaves, and what makes it take nothing.</summary>
public sealed class CollectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private TantivyFiles _index = null!;
    private BackupId[] _backups = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 1500);
        _backups = new BackupId[3];
        for (int i = 0; i < 3; i++)
        {
            _backups[i] = (await _bench.BackUpAsync(_index.Directory)).Backup.Id;
            _index.AddSegment(10);
            _index.RemoveSegment(_index.Segments[0]);
            _index.WriteMeta();
        }

        _bench.Store.Forget();
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task More_objects_go_than_an_entry_can_name()
    {
        const int Count = (2 * NamesBody.Most) + 7;
        for (int i = 0; i < Count; i++)
            _bench.Memory.Objects[PackFormat.NameOf(ObjectId.NewRandom())] = [1];
        var result = await _bench.CollectAsync();
        Assert.Equal(Count, result.PacksErased);
        Assert.Equal(Count, result.BytesFreed);
        Assert.Empty(await _bench.FindUnreferencedPacksAsync());
        var entries = Enumerable.Range(0, _bench.Memory.NamesOf("log/").Count).Select(number => _bench.ReadEntry(number)).ToList();
        Assert.Equal([NamesBody.Most, NamesBody.Most, 7], entries.Select(entry => entry.Erase).OfType<NamesBody>().Select(erase => erase.Names.Length));
        Assert.Empty((await _bench.VerifyAsync()).Problems);
    }

    [Fact]
    public async Task What_a_killed_store_test_left_goes_and_what_one_is_writing_stays_whatever_the_grace()
    {
        string[] running = [Probe("1"), Probe("2")];
        string killed = Probe("x");
        string foreign = Leftovers.Probes + "mine/1";
        _bench.Memory.Objects[foreign] = new byte[5];
        _bench.Memory.Times[running[1]] = _bench.Clock.GetUtcNow().AddHours(-23);
        _bench.Memory.Times[killed] = _bench.Clock.GetUtcNow().AddHours(-25);
        Assert.Equal(100, (await _bench.Repository.PlanCollectionAsync(new CollectionOptions { Grace = TimeSpan.Zero }, cancellationToken: Token)).BytesFreed);
        _bench.Store.OnCall = call => call is { Verb: StoreVerb.Delete or StoreVerb.List } && call.Name.StartsWith(Leftovers.Probes, StringComparison.Ordinal) ? Fault.FailBefore : Fault.None;
        Assert.Equal(0, (await _bench.CollectAsync()).BytesFreed);
        _bench.Store.OnCall = _ => Fault.None;
        Assert.Equal(100, (await _bench.CollectAsync()).BytesFreed);
        Assert.Equal(running.Append(foreign).Order(StringComparer.Ordinal), _bench.Memory.NamesOf(Leftovers.Probes));

        string Probe(string rest)
        {
            string name = $"{Leftovers.Probes}{(rest == "x" ? new string('e', 32) : new string('7', 32))}/{rest}";
            _bench.Memory.Objects[name] = new byte[100];
            return name;
        }
    }

    [Fact]
    public async Task What_is_needed_stays_and_what_is_not_goes()
    {
        await _bench.Repository.DeleteBackupsAsync([_backups[0], _backups[2]], Token);
        var before = Sizes();
        var plan = await _bench.Repository.PlanCollectionAsync(new CollectionOptions { Grace = TimeSpan.Zero }, Token);
        Assert.Equal(before.Count, Sizes().Count);
        var result = await _bench.CollectAsync();
        var gone = before.Where(stored => !_bench.Memory.Objects.ContainsKey(stored.Key)).ToList();
        Assert.Equal(gone.Sum(stored => stored.Value), result.BytesFreed);
        Assert.Equal(plan.BytesFreed, result.BytesFreed);
        Assert.Equal(plan.Packs, result.PacksErased);
        Assert.Equal(plan.PacksToCondemn, result.PacksCondemned);
        Assert.Equal(gone.Count(stored => stored.Key.StartsWith("packs/", StringComparison.Ordinal)), result.PacksErased);
        Assert.Equal([_backups[0], _backups[2]], result.Backups.Select(backup => backup.Id));
        Assert.Equal(0, result.BytesWaiting);
        Assert.Empty(await _bench.FindUnreferencedPacksAsync());
        Assert.Equal([ManifestStore.NameOf(_backups[1])], _bench.Memory.NamesOf("backups/"));
        Assert.Empty((await _bench.VerifyAsync()).Problems);

        int entries = _bench.Memory.NamesOf("log/").Count;
        Assert.Equal(0, (await _bench.CollectAsync()).BytesFreed);
        Assert.Equal(entries, _bench.Memory.NamesOf("log/").Count);
    }

    [Fact]
    public async Task A_removed_backup_can_be_brought_back_until_the_grace_is_over()
    {
        await _bench.Repository.DeleteBackupsAsync([_backups[0]], Token);
        _bench.Clock.Ahead += Day - TimeSpan.FromMinutes(1);
        var early = await _bench.CollectAsync(Day);
        Assert.Equal(0, early.BytesFreed);
        Assert.InRange(early.BytesWaiting, 1, long.MaxValue);
        await _bench.Repository.UndeleteBackupsAsync([_backups[0]], Token);
        await RestoreAsync(_backups[0]);

        await _bench.Repository.DeleteBackupsAsync([_backups[0]], Token);
        _bench.Clock.Ahead += Day + TimeSpan.FromMinutes(1);
        var late = await _bench.CollectAsync(Day);
        Assert.Equal([_backups[0]], late.Backups.Select(backup => backup.Id));
        await Assert.ThrowsAsync<BackupNotFoundException>(() => _bench.Repository.UndeleteBackupsAsync([_backups[0]], Token));
    }

    [Fact]
    public async Task A_clock_that_was_ahead_makes_nothing_go_too_early_and_stops_nothing_without_grace()
    {
        _bench.Clock.Ahead = TimeSpan.FromDays(400);
        await _bench.AppendAsync(LogKind.Holding);
        _bench.Clock.Ahead = TimeSpan.Zero;
        await _bench.Repository.DeleteBackupsAsync([_backups[0]], Token);
        Assert.Equal(0, (await _bench.CollectAsync(Day)).BytesFreed);
        Assert.InRange((await _bench.CollectAsync()).BytesFreed, 1, long.MaxValue);
    }

    [Fact]
    public async Task Objects_of_no_backup_are_left_alone_while_they_are_young()
    {
        string pack = PackFormat.NameOf(ObjectId.NewRandom());
        string manifest = ManifestStore.NameOf(new BackupId(99));
        _bench.Memory.Objects[pack] = new byte[1000];
        _bench.Memory.Objects[manifest] = new byte[10];
        _bench.Memory.ModifiedAt = _ => _bench.Clock.GetUtcNow() - Day + TimeSpan.FromMinutes(1);
        var young = await _bench.CollectAsync(Day);
        Assert.Equal((0, 1010), (young.BytesFreed, young.BytesWaiting));
        _bench.Memory.ModifiedAt = _ => _bench.Clock.GetUtcNow() - Day - TimeSpan.FromMinutes(1);
        Assert.Equal(1010, (await _bench.CollectAsync(Day)).BytesFreed);
        Assert.False(_bench.Memory.Objects.ContainsKey(pack) || _bench.Memory.Objects.ContainsKey(manifest));
    }

    [Fact]
    public async Task What_an_upload_holds_is_left_alone_for_two_hours_at_least()
    {
        string pack = PackFormat.NameOf(ObjectId.NewRandom());
        _bench.Memory.Objects[pack] = new byte[1000];
        await _bench.AppendAsync(LogKind.Holding, pack);
        _bench.Clock.Ahead += TimeSpan.FromMinutes(119);
        Assert.Equal(0, (await _bench.CollectAsync()).BytesFreed);
        Assert.Equal(0, (await _bench.CollectAsync(Day)).BytesFreed);
        _bench.Clock.Ahead += TimeSpan.FromMinutes(2);
        Assert.Equal(0, (await _bench.CollectAsync(Day)).BytesFreed);
        Assert.Equal(1000, (await _bench.CollectAsync()).BytesFreed);
    }

    [Fact]
    public async Task What_is_not_the_repositorys_is_left_alone()
    {
        _bench.DamagedBecause = "strange objects are put there";
        foreach (string name in new[] { "packs/notes.txt", "backups/notes.txt", "packs/aa/0123456789abcdef0123456789abcdef", "probes/x", "backups/0123456789ABCDEF0123456789abcdef" })
            _bench.Memory.Objects[name] = [1];
        await _bench.CollectAsync();
        Assert.Equal(5, _bench.Memory.Objects.Values.Count(content => content is [1]));
    }

    [Fact]
    public async Task While_one_live_manifest_cannot_be_read_nothing_is_collected_and_it_is_named()
    {
        _bench.DamagedBecause = "a manifest is taken away";
        await _bench.Repository.DeleteBackupsAsync([_backups[0]], Token);
        string manifest = ManifestStore.NameOf(_backups[1]);
        byte[] whole = _bench.Memory.Objects[manifest];
        foreach (byte[]? bad in new[] { null, whole[..^3], [.. whole[..200], (byte)(whole[200] ^ 1), .. whole[201..]] })
        {
            if (bad is null)
                _bench.Memory.Objects.TryRemove(manifest, out _);
            else
                _bench.Memory.Objects[manifest] = bad;
            await RefusedAsync(manifest);
        }

        _bench.Memory.Objects[manifest] = whole;
        _bench.Store.OnCall = call => call.Name == manifest ? Fault.FailBefore : Fault.None;
        await RefusedAsync(manifest);
        _bench.Store.OnCall = _ => Fault.None;
        Assert.InRange((await _bench.CollectAsync()).BytesFreed, 1, long.MaxValue);
    }

    [Fact]
    public async Task What_an_earlier_entry_erased_is_deleted_again()
    {
        await _bench.Repository.DeleteBackupsAsync([_backups[0]], Token);
        _bench.Store.OnCall = call => call.Verb == StoreVerb.Delete ? Fault.FailBefore : Fault.None;
        var before = Sizes();
        await Assert.ThrowsAsync<IOException>(() => _bench.CollectAsync());
        Assert.Equal(before, Sizes());
        _bench.Store.OnCall = _ => Fault.None;

        await using var other = await _bench.OpenAnotherAsync();
        var result = await other.CollectAsync(Day);
        Assert.Equal(before.Count - Sizes().Count, result.PacksErased + 1);
        Assert.Empty(await _bench.FindUnreferencedPacksAsync());

        // The entry that it relies on is somebody else's, and must outlive what it allows.
        var calls = other.Store.Calls.ToList();
        int deleted = calls.FindIndex(call => call.Verb == StoreVerb.Delete);
        Assert.Equal(StoreVerb.Barrier, calls.FindLast(call => call.Number < deleted && call.Verb is StoreVerb.Barrier or StoreVerb.Complete).Verb);
    }

    [Fact]
    public async Task An_entry_that_erases_what_a_live_backup_needs_is_damage_and_deletes_nothing()
    {
        _bench.DamagedBecause = "an entry erases what it must not";
        var manifest = await _bench.Manager.GetManifestAsync(_backups[1], Token);
        string pack = PackFormat.NameOf(manifest.Packs[0].Id);
        await _bench.Repository.DeleteBackupsAsync([_backups[0]], Token);
        await _bench.AppendAsync(LogKind.Erase, pack);
        await RefusedAsync(pack);
        Assert.True(_bench.Memory.Objects.ContainsKey(pack));
    }

    [Fact]
    public async Task A_damaged_log_is_not_collected_from_and_neither_is_one_that_was_not_recovered()
    {
        _bench.DamagedBecause = "an entry of the log is taken away";
        await _bench.Repository.DeleteBackupsAsync([_backups[0]], Token);
        _bench.Memory.Objects.TryRemove(LogReader.NameOf(1), out _);
        await RefusedAsync(LogReader.NameOf(1));
        await using var fresh = await _bench.OpenAnotherAsync();
        await fresh.Log.BridgeAsync(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, Token);
        await RefusedAsync(LogReader.NameOf(1));
    }

    [Fact]
    public async Task A_log_that_asks_collectors_for_more_is_not_collected_from()
    {
        await _bench.AppendAsync(_ => RepositoryBench.Entry(LogKind.Holding) with { Requires = new LogRequirements { Collect = ["tomorrow"] } });
        await _bench.Repository.DeleteBackupsAsync([_backups[0]], Token);
        var before = Sizes();
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => _bench.CollectAsync());
        Assert.Equal(before, Sizes());
    }

    [Fact]
    public async Task A_wrong_checkpoint_makes_nothing_go()
    {
        // A checkpoint that forgets a backup: readers may believe it, a collector must not.
        for (int i = 0; i < CheckpointStore.Interval; i++)
            await _bench.AppendAsync(LogKind.Holding);
        var state = await _bench.Log.FoldWholeAsync(Token);
        foreach (string name in _bench.Memory.NamesOf(CheckpointStore.Prefix))
            _bench.Memory.Objects.TryRemove(name, out _);
        var forgetful = state.WithBackups(state.Backups.Values.Where(record => record.Add.Id != _backups[1]));
        await new CheckpointStore(_bench.Memory, _bench.Repository.Objects.Id).WriteAsync(forgetful, Token);
        await using var client = await _bench.OpenAnotherAsync();
        Assert.Equal(2, (await client.ListAsync()).Count);

        Assert.Equal(0, (await client.CollectAsync()).BytesFreed);
        await using var another = await _bench.OpenAnotherAsync();
        foreach (string name in _bench.Memory.NamesOf(CheckpointStore.Prefix))
            _bench.Memory.Objects.TryRemove(name, out _);
        Assert.Empty((await _bench.VerifyAsync()).Problems);
        await RestoreAsync(_backups[1]);
    }

    [Fact]
    public async Task A_manifest_that_was_lost_goes_with_its_backup()
    {
        await _bench.Repository.DeleteBackupsAsync([_backups[0]], Token);
        _bench.Memory.Objects.TryRemove(ManifestStore.NameOf(_backups[0]), out _);
        await _bench.CollectAsync(Day);
        Assert.Single(await _bench.Repository.ListDeletedBackupsAsync(Token));
        _bench.Clock.Ahead += Day + Day;
        await _bench.CollectAsync(Day);
        Assert.Empty(await _bench.Repository.ListDeletedBackupsAsync(Token));
        Assert.Empty(await _bench.FindUnreferencedPacksAsync());
    }

    [Theory]
    [InlineData(LogKind.Condemn)]
    [InlineData(LogKind.Erase)]
    public async Task A_backup_that_comes_back_just_before_an_entry_keeps_everything_it_needs(string kind)
    {
        await _bench.Repository.DeleteBackupsAsync([_backups[0], _backups[2]], Token);
        await using var other = await _bench.OpenAnotherAsync();
        int commits = 0;
        _bench.Store.BeforeCall = async call =>
        {
            if (call.IsCommit && commits++ == (kind == LogKind.Condemn ? 0 : 1))
                await other.Repository.UndeleteBackupsAsync([_backups[0]], Token);
        };
        var result = await _bench.CollectAsync();
        Assert.Equal([_backups[2]], result.Backups.Select(backup => backup.Id));
        await RestoreAsync(_backups[0]);
        Assert.Empty((await _bench.VerifyAsync()).Problems);
        Assert.Empty(await _bench.FindUnreferencedPacksAsync());
    }

    [Theory]
    [InlineData(Fault.FailBefore)]
    [InlineData(Fault.FailAfter)]
    public async Task After_a_failure_at_any_call_the_next_collection_ends_it(Fault fault)
    {
        await _bench.Repository.DeleteBackupsAsync([_backups[0], _backups[2]], Token);
        await using var count = await RepositoryBench.OpenAsync(_bench.Memory.Copy());
        await count.CollectAsync();
        int calls = count.Store.Calls.Count;
        for (int i = 0; i < calls; i++)
        {
            await using var bench = await RepositoryBench.OpenAsync(_bench.Memory.Copy());
            bench.Store.OnCall = call => call.Number == i ? fault : Fault.None;
            try
            {
                await bench.CollectAsync();
            }
            catch (Exception exception) when (exception is IOException or SegvaultException)
            {
            }

            bench.Store.OnCall = _ => Fault.None;
            Assert.Empty((await bench.VerifyAsync()).Problems);
            await using var next = await bench.OpenAnotherAsync();
            await next.CollectAsync();
            Assert.Empty(await next.FindUnreferencedPacksAsync());
            Assert.Single(next.Memory.NamesOf("backups/"));
            Assert.Empty((await next.VerifyAsync()).Problems);
        }
    }

    [Fact]
    public async Task Two_collectors_at_once_leave_what_one_would()
    {
        await _bench.Repository.DeleteBackupsAsync([_backups[0], _backups[2]], Token);
        await using var one = await RepositoryBench.OpenAsync(_bench.Memory.Copy());
        long freed = (await one.CollectAsync()).BytesFreed;
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            async () =>
            {
                await using var bench = await _bench.OpenAnotherAsync();
                bench.Store.BeforeCall = async _ => await Task.Yield();
                return await bench.CollectAsync();
            },
            Token)));
        Assert.Equal(freed, results.Sum(result => result.BytesFreed));
        Assert.Equal(one.Memory.NamesOf("packs/"), _bench.Memory.NamesOf("packs/"));
        Assert.Empty((await _bench.VerifyAsync()).Problems);
    }

    [Fact]
    public async Task A_backup_whose_packs_are_collected_before_it_is_recorded_stores_them_again()
    {
        _index.AddSegment(50);
        _index.WriteMeta();
        await using var other = await _bench.OpenAnotherAsync();
        int collected = 0;
        foreach (var verb in new[] { StoreVerb.Barrier, StoreVerb.ReadRange, StoreVerb.Complete })
        {
            bool came = false;
            _bench.Store.BeforeCall = async call =>
            {
                // Right before the barrier, the reading back, and the entry itself.
                if (!came && call.Verb == verb && (verb != StoreVerb.Complete || call.IsLog))
                {
                    came = true;
                    collected += (await other.CollectAsync()).PacksErased;
                }
            };
            var backup = await _bench.BackUpAsync(_index.Directory, new BackupOptions { Type = BackupType.Full });
            _bench.Store.BeforeCall = _ => Task.CompletedTask;
            Assert.True(came);
            await RestoreAsync(backup.Backup.Id);
            Assert.Empty((await other.VerifyAsync()).Problems);
        }

        Assert.InRange(collected, 3, 100);
    }

    private async Task RefusedAsync(string named)
    {
        var before = Sizes();
        await using var client = await _bench.OpenAnotherAsync();
        client.Store.OnCall = _bench.Store.OnCall;
        var damage = await Assert.ThrowsAsync<DamageException>(() => client.CollectAsync());
        Assert.Equal(named, damage.DamagedObject);
        await Assert.ThrowsAsync<DamageException>(() => client.Repository.PlanCollectionAsync(cancellationToken: Token));
        Assert.Equal(before, Sizes());
    }

    private SortedDictionary<string, long> Sizes() => new(
        _bench.Memory.Objects.Where(stored => !stored.Key.StartsWith("log/", StringComparison.Ordinal)).ToDictionary(stored => stored.Key, stored => (long)stored.Value.Length),
        StringComparer.Ordinal);

    private async Task RestoreAsync(BackupId backup)
    {
        string target = _directory.Combine("restored");
        await using var client = await _bench.OpenAnotherAsync();
        await client.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token);
        Directory.Delete(target, recursive: true);
    }
}
