using Segvault.Engines;
using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Backup;

/// <summary>Backups while others write to the repository.</summary>
public sealed class ConcurrencyTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private RepositoryBench _other = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _other = await _bench.OpenAnotherAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _other.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(StoreVerb.Barrier)]
    [InlineData(StoreVerb.Complete)]
    public async Task A_pack_erased_before_the_commit_is_stored_again(StoreVerb moment)
    {
        var index = Make("index");
        var first = await _bench.BackUpAsync(index.Directory);
        index.AddSegment(5);
        index.WriteMeta();
        string[] old = [.. (await _bench.ReadManifestAsync(first)).Packs.Select(pack => PackFormat.NameOf(pack.Id))];
        bool struck = false;
        _bench.Store.BeforeCall = async call =>
        {
            if (struck || call.Verb != moment || (moment == StoreVerb.Complete && !call.IsCommit))
                return;
            struck = true;
            await CollectAsync(first.Backup.Id, old);
        };
        var second = await _bench.BackUpAsync(index.Directory);
        Assert.True(struck);
        Assert.Equal(second.Backup.Bytes, second.BytesNew);
        Assert.DoesNotContain((await _bench.ReadManifestAsync(second)).Packs, pack => old.Contains(PackFormat.NameOf(pack.Id)));
        await AssertSoundAsync(index, second);
    }

    [Fact]
    public async Task Packs_that_were_just_written_and_erased_are_written_again()
    {
        var index = Make("index");
        int strikes = 0;
        _bench.Store.BeforeCall = async call =>
        {
            // A collector that takes a backup of days for a dead one.
            if (call.IsCommit && strikes++ < 2)
            {
                string[] written = [.. _bench.Memory.NamesOf("packs/"), .. _bench.Memory.NamesOf("backups/")];
                await _other.AppendAsync(LogKind.Erase, [.. written.Where(name => _bench.Memory.Objects.ContainsKey(name)).Except((await _other.Log.FoldAsync(Token)).Erased)]);
                foreach (string name in written)
                    _bench.Memory.Objects.TryRemove(name, out _);
            }
        };
        var backup = await _bench.BackUpAsync(index.Directory);
        Assert.Equal(3, strikes);
        await AssertSoundAsync(index, backup);
    }

    [Fact]
    public async Task A_pack_that_gets_lost_while_the_backup_runs_is_stored_again()
    {
        _bench.DamagedBecause = "a pack of the first backup is taken away";
        var index = Make("index");
        var first = await _bench.BackUpAsync(index.Directory);
        index.AddSegment(5);
        index.WriteMeta();
        string lost = PackFormat.NameOf((await _bench.ReadManifestAsync(first)).Packs.Single(pack => pack.Length > 5000).Id);
        _bench.Store.BeforeCall = call =>
        {
            if (call.Verb == StoreVerb.Barrier)
                _bench.Memory.Objects.TryRemove(lost, out _);
            return Task.CompletedTask;
        };
        var second = await _bench.BackUpAsync(index.Directory);
        await RestoreAndCompareAsync(index, second);
    }

    [Fact]
    public async Task Unchanged_is_not_answered_with_a_backup_that_was_just_removed()
    {
        var index = Make("index");
        var first = await _bench.BackUpAsync(index.Directory);
        bool removed = false;
        var source = IndexSource.Open(index.Directory) with
        {
            PinnedAsync = async _ =>
            {
                removed = true;
                await _other.AppendAsync(LogKind.Remove, first.Backup.Id.ToString());
            },
        };
        var second = await _bench.Manager.CreateBackupAsync(source, cancellationToken: Token);
        Assert.True(removed);
        Assert.False(second.Unchanged);
        Assert.Equal([second.Backup.Id], (await _bench.ListAsync()).Select(backup => backup.Id));
        await AssertSoundAsync(index, second);
    }

    [Fact]
    public async Task Unchanged_names_the_backup_that_holds_this_state_and_not_one_that_came_meanwhile()
    {
        var index = Make("index");
        var first = await _bench.BackUpAsync(index.Directory);
        var different = Make("different");
        var source = IndexSource.Open(index.Directory) with
        {
            PinnedAsync = async _ => await _other.BackUpAsync(different.Directory, new BackupOptions { Name = "index" }),
        };
        var again = await _bench.Manager.CreateBackupAsync(source, cancellationToken: Token);
        Assert.True(again.Unchanged);
        Assert.Equal(first.Backup.Id, again.Backup.Id);
    }

    [Fact]
    public async Task Backups_of_different_indexes_at_once_all_succeed()
    {
        var indexes = Enumerable.Range(0, 6).Select(i => Make($"index-{i}")).ToList();
        var backups = await Task.WhenAll(indexes.Select(index => Task.Run(
            async () =>
            {
                await using var bench = await _bench.OpenAnotherAsync();
                bench.Store.BeforeCall = async _ => await Task.Yield();
                return await bench.BackUpAsync(index.Directory);
            },
            Token)));
        Assert.Equal(6, (await _bench.ListAsync()).Count);
        foreach (var (index, backup) in indexes.Zip(backups))
            await AssertSoundAsync(index, backup);
    }

    [Fact]
    public async Task Backups_under_one_given_name_at_once_all_succeed()
    {
        var indexes = Enumerable.Range(0, 4).Select(i => Make($"replica-{i}")).ToList();
        var backups = await Task.WhenAll(indexes.Select(index => Task.Run(
            async () =>
            {
                await using var bench = await _bench.OpenAnotherAsync();
                return await bench.BackUpAsync(index.Directory, new BackupOptions { Name = "products" });
            },
            Token)));
        Assert.Equal(4, (await _bench.ListAsync()).Count(backup => backup.Name == "products"));
        foreach (var (index, backup) in indexes.Zip(backups))
            await AssertSoundAsync(index, backup);
    }

    [Fact]
    public async Task Two_indexes_in_directories_of_one_name_do_not_mix_even_when_they_come_at_once()
    {
        var mine = Make("mine", "index");
        var theirs = Make("theirs", "index");
        bool came = false;
        _bench.Store.BeforeCall = async call =>
        {
            if (call.Verb == StoreVerb.Barrier && !came)
            {
                came = true;
                await _other.BackUpAsync(theirs.Directory);
            }
        };
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.BackUpAsync(mine.Directory));
        Assert.Equal(ErrorCode.NameInUse, refused.Code);
        Assert.Single(await _bench.ListAsync());
        await _bench.CollectAsync();
        Assert.Empty(await _bench.FindUnreferencedPacksAsync());
        await AssertSoundAsync(theirs, await _other.BackUpAsync(theirs.Directory));
    }

    [Fact]
    public async Task A_name_that_belongs_to_another_index_is_refused_with_a_proposal_that_works()
    {
        var mine = Make("mine", "index");
        await _bench.BackUpAsync(Make("theirs", "index").Directory);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.BackUpAsync(mine.Directory));
        Assert.Equal(ErrorCode.NameInUse, refused.Code);
        Assert.Contains("--name mine-index;", refused.Hint, StringComparison.Ordinal);
        await _bench.BackUpAsync(Make("mine-index").Directory);
        refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.BackUpAsync(mine.Directory));
        Assert.Contains("--name mine-index-2;", refused.Hint, StringComparison.Ordinal);
        var backup = await _bench.BackUpAsync(mine.Directory, new BackupOptions { Name = "mine-index-2" });
        Assert.Equal("mine-index-2", backup.Backup.Name);

        // The index moved, and its user says so.
        await _bench.BackUpAsync(mine.Directory, new BackupOptions { Name = "index" });
        Assert.Equal("index", (await _bench.BackUpAsync(mine.Directory)).Backup.Name);
    }

    [Fact]
    public async Task A_second_backup_of_one_index_at_once_is_busy()
    {
        var index = Make("index");
        var source = IndexSource.Open(index.Directory) with
        {
            PinnedAsync = async _ =>
            {
                var busy = await Assert.ThrowsAsync<IndexBusyException>(() => _other.BackUpAsync(index.Directory));
                Assert.Equal(ErrorCode.IndexLocked, busy.Code);
            },
        };
        await _bench.Manager.CreateBackupAsync(source, cancellationToken: Token);
    }

    private TantivyFiles Make(params string[] path) =>
        TantivyFiles.Create(_directory.Combine(path), segments: 2, bytesPerFile: 3000, seed: path.Sum(part => part.Sum(c => c)));

    /// <summary>What a collector does with a backup and the packs that only it needs.</summary>
    private async Task CollectAsync(BackupId backup, string[] packs)
    {
        string[] names = [.. packs, ManifestStore.NameOf(backup)];
        await _other.AppendAsync(LogKind.Remove, backup.ToString());
        await _other.AppendAsync(LogKind.Condemn, names);
        await _other.AppendAsync(LogKind.Erase, names);
        foreach (string name in names)
            _bench.Memory.Objects.TryRemove(name, out _);
    }

    private async Task AssertSoundAsync(TantivyFiles index, BackupResult backup)
    {
        Assert.Empty((await _other.VerifyAsync()).Problems);
        await RestoreAndCompareAsync(index, backup);
    }

    private async Task RestoreAndCompareAsync(TantivyFiles index, BackupResult backup)
    {
        string target = _directory.Combine($"restored-{backup.Backup.Id}");
        await _other.Manager.RestoreBackupAsync(backup.Backup.Id, target, cancellationToken: Token);
        Assert.Equal(DirectoryContent.Of(index), DirectoryContent.Of(target));
    }
}
