using System.Collections.Immutable;
using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Retention;

/// <summary>Removing backups and bringing them back.</summary>
public sealed class RemovalTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private TantivyFiles _index = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 2000);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_deleted_backup_is_gone_from_the_list_and_the_others_restore()
    {
        var backups = await BackUpAsync(3);
        var result = await _bench.Repository.DeleteBackupsAsync([backups[1]], Token);
        Assert.Equal([backups[1]], result.Removed.Backups.Select(removed => removed.Backup.Id));
        Assert.Equal([backups[0], backups[2]], await IdsAsync());
        await Assert.ThrowsAsync<BackupNotFoundException>(() => RestoreAsync(backups[1]));
        await RestoreAsync(backups[0]);
        await RestoreAsync(backups[2]);
        Assert.Empty((await _bench.VerifyAsync()).Problems);
    }

    [Fact]
    public async Task Deleting_is_all_or_nothing_and_one_entry_of_the_log()
    {
        var backups = await BackUpAsync(3);
        var absent = new BackupId(7);
        var missing = await Assert.ThrowsAsync<BackupNotFoundException>(() => _bench.Repository.DeleteBackupsAsync([backups[0], absent], Token));
        Assert.Contains(absent.ToString(), missing.Message, StringComparison.Ordinal);
        Assert.Equal(backups, await IdsAsync());
        await _bench.Repository.DeleteBackupsAsync([backups[0], backups[2]], Token);
        Assert.Equal(4, _bench.Memory.NamesOf("log/").Count);
        Assert.Equal([backups[1]], await IdsAsync());
        var gone = await Assert.ThrowsAsync<BackupNotFoundException>(() => _bench.Repository.DeleteBackupsAsync([backups[0]], Token));
        Assert.Contains("deleted already", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_names_each_backup_and_the_bytes_that_only_it_holds_and_removes_nothing()
    {
        var backups = await BackUpAsync(2);
        foreach (var segment in _index.Segments.ToList())
            _index.RemoveSegment(segment);
        backups.AddRange(await BackUpAsync(1));
        var manifests = new List<BackupManifest>();
        foreach (var backup in backups)
            manifests.Add(await _bench.Manager.GetManifestAsync(backup, Token));
        long LengthOf(BackupId backup) => _bench.Memory.Objects[ManifestStore.NameOf(backup)].Length;
        var shared = manifests[0].Packs.Intersect(manifests[1].Packs).Except(manifests[2].Packs).ToList();

        var one = await _bench.Repository.PlanDeleteAsync([backups[1]], Token);
        long own = manifests[1].Packs.Except(manifests[0].Packs).Except(manifests[2].Packs).Sum(pack => pack.Length) + LengthOf(backups[1]);
        Assert.Equal(own, Assert.Single(one.Backups).OwnBytes);
        Assert.Equal(own, one.BytesReleased);

        // Two that share something with one another only release more than each of them alone.
        var two = await _bench.Repository.PlanDeleteAsync([backups[0], backups[1]], Token);
        Assert.Equal(backups.Take(2), two.Backups.Select(removed => removed.Backup.Id));
        Assert.Equal(two.Backups.Sum(removed => removed.OwnBytes) + shared.Sum(pack => pack.Length), two.BytesReleased);
        Assert.NotEmpty(shared);
        Assert.Equal(3, _bench.Memory.NamesOf("log/").Count);

        await _bench.Repository.DeleteBackupsAsync([backups[0], backups[1]], Token);
        Assert.Equal(two.BytesReleased, (await _bench.CollectAsync()).BytesFreed);
    }

    [Fact]
    public async Task A_removed_backup_comes_back_to_its_old_place()
    {
        var backups = await BackUpAsync(3);
        await _bench.Repository.DeleteBackupsAsync([backups[0], backups[1]], Token);
        Assert.Equal(backups[..2], (await _bench.Repository.ListDeletedBackupsAsync(Token)).Select(deleted => deleted.Backup.Id));
        Assert.Equal([backups[1]], (await _bench.Repository.UndeleteBackupsAsync([backups[1]], Token)).Select(backup => backup.Id));
        Assert.Equal([backups[1], backups[2]], await IdsAsync());
        await RestoreAsync(backups[1]);

        // Again changes nothing, nor does it for one that was never removed.
        int entries = _bench.Memory.NamesOf("log/").Count;
        await _bench.Repository.UndeleteBackupsAsync([backups[1], backups[2]], Token);
        Assert.Equal(entries, _bench.Memory.NamesOf("log/").Count);
    }

    [Fact]
    public async Task Whoever_asks_for_a_removed_backup_is_told_how_it_comes_back()
    {
        var backups = await BackUpAsync(2);
        await _bench.Repository.DeleteBackupsAsync([backups[0]], Token);
        var asked = new Func<Task>[]
        {
            () => _bench.Manager.FindBackupAsync(backups[0].ToShortString(), cancellationToken: Token),
            () => _bench.Manager.GetManifestAsync(backups[0], Token),
            () => _bench.Manager.RestoreBackupAsync(backups[0], _directory.Combine("restored"), cancellationToken: Token),
        };
        foreach (var ask in asked)
        {
            var gone = await Assert.ThrowsAsync<BackupNotFoundException>(ask);
            Assert.Contains($"segvault undelete {backups[0].ToShortString()}", gone.Hint, StringComparison.Ordinal);
        }

        await _bench.CollectAsync();
        Assert.DoesNotContain("undelete", (await Assert.ThrowsAsync<BackupNotFoundException>(asked[0])).Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("collected")]
    [InlineData("erased but not deleted yet")]
    [InlineData("a pack is gone")]
    [InlineData("a pack is cut short")]
    [InlineData("the manifest is damaged")]
    public async Task A_backup_of_which_something_is_gone_does_not_come_back(string how)
    {
        _bench.DamagedBecause = "something of a backup is taken away";
        var backups = await BackUpAsync(2);
        var manifest = await _bench.Manager.GetManifestAsync(backups[0], Token);
        string pack = manifest.Packs.Select(own => PackFormat.NameOf(own.Id)).First();
        await _bench.Repository.DeleteBackupsAsync([backups[0]], Token);
        if (how == "collected")
            await _bench.CollectAsync();
        else if (how == "erased but not deleted yet")
            await _bench.AppendAsync(LogKind.Erase, pack);
        else if (how == "a pack is gone")
            _bench.Memory.Objects.TryRemove(pack, out _);
        else if (how == "a pack is cut short")
            _bench.Memory.Objects[pack] = _bench.Memory.Objects[pack][..^1];
        else
            _bench.Memory.Objects[ManifestStore.NameOf(backups[0])] = [1, 2, 3];
        await Assert.ThrowsAsync<BackupNotFoundException>(() => _bench.Repository.UndeleteBackupsAsync([backups[0]], Token));
        Assert.Equal([backups[1]], await IdsAsync());
    }

    [Fact]
    public async Task Something_that_is_erased_between_the_look_and_the_entry_keeps_a_backup_from_coming_back()
    {
        var backups = await BackUpAsync(2);
        await _bench.Repository.DeleteBackupsAsync([backups[0]], Token);
        await using var other = await _bench.OpenAnotherAsync();
        bool came = false;
        _bench.Store.BeforeCall = async call =>
        {
            if (call.IsCommit && !came)
            {
                came = true;
                await other.CollectAsync();
            }
        };
        var gone = await Assert.ThrowsAsync<BackupNotFoundException>(() => _bench.Repository.UndeleteBackupsAsync([backups[0]], Token));
        Assert.True(came);
        Assert.Equal(ErrorCode.BackupRemoved, gone.Code);
        Assert.Equal([backups[1]], await IdsAsync());
    }

    [Fact]
    public async Task Pruning_keeps_what_the_policy_says_and_says_why()
    {
        var backups = new List<BackupId>();
        for (int day = 0; day < 5; day++)
        {
            backups.AddRange(await BackUpAsync(2));
            _bench.Clock.Ahead += TimeSpan.FromDays(1);
        }

        var policy = new RetentionPolicy { KeepDaily = 2, KeepLast = 1 };
        var plan = await _bench.Repository.PlanPruneAsync(policy, cancellationToken: Token);
        Assert.Equal([backups[7], backups[9]], plan.Kept.Select(kept => kept.Backup.Id));
        Assert.Equal(["last", "daily"], plan.Kept[1].Reasons);
        Assert.Equal(backups, await IdsAsync());
        var result = await _bench.Repository.PruneAsync(policy, cancellationToken: Token);
        Assert.Equal(plan.Backups.Select(removed => removed.Backup.Id), result.Removed.Backups.Select(removed => removed.Backup.Id));
        Assert.Equal([backups[7], backups[9]], await IdsAsync());
        Assert.Equal(plan.BytesReleased, (await _bench.CollectAsync()).BytesFreed);
        await RestoreAsync(backups[7]);
    }

    [Fact]
    public async Task Pruning_one_index_leaves_the_others_alone()
    {
        await BackUpAsync(2);
        for (int i = 0; i < 3; i++)
            await BackUpAsync(1, new BackupOptions { Name = "other" });
        await _bench.Repository.PruneAsync(new RetentionPolicy { KeepLast = 1 }, new PruneOptions { Name = "other" }, Token);
        Assert.Equal(["index", "index", "other"], (await _bench.ListAsync()).Select(backup => backup.Name));
        await Assert.ThrowsAsync<BackupNotFoundException>(() => _bench.Repository.PruneAsync(new RetentionPolicy { KeepLast = 1 }, new PruneOptions { Name = "none" }, Token));
    }

    [Fact]
    public async Task Pruning_spares_what_is_pinned_and_the_last_backup_that_is_known_to_be_good()
    {
        _bench.DamagedBecause = "one backup is made a bad one";
        var pinned = Assert.Single(await BackUpAsync(1, new BackupOptions { Labels = ImmutableSortedDictionary<string, string>.Empty.Add("keep", "") }));
        var backups = await BackUpAsync(4, new BackupOptions { Type = BackupType.Full });
        var manifest = await _bench.Manager.GetManifestAsync(backups[3], Token);
        await _bench.AppendAsync(LogKind.Verified, PackFormat.NameOf(manifest.Packs[0].Id));
        _bench.Memory.Objects.TryRemove(ManifestStore.NameOf(backups[2]), out _);
        var plan = await _bench.Repository.PlanPruneAsync(new RetentionPolicy { KeepLast = 1 }, new PruneOptions { Force = true }, Token);
        Assert.Equal([pinned, backups[3]], plan.Kept.Select(kept => kept.Backup.Id));
        Assert.Equal(backups[2], Assert.Single(plan.Unreadable));

        // The pinned one can be restored as well, so without it the newest good one has to stay.
        await _bench.Repository.DeleteBackupsAsync([pinned], Token);
        await _bench.Repository.PruneAsync(new RetentionPolicy { KeepLast = 1 }, cancellationToken: Token);
        Assert.Equal([backups[1], backups[3]], await IdsAsync());
    }

    [Fact]
    public async Task Pruning_spares_the_last_backup_without_a_mark_unless_the_marked_one_was_confirmed()
    {
        var good = Assert.Single(await BackUpAsync(1));
        foreach (var segment in _index.Segments.ToList())
            _index.RemoveSegment(segment);
        _index.WriteMeta();
        var marked = (await _bench.BackUpAsync(_index.Directory)).Backup;
        Assert.NotEmpty(marked.Flags);
        await _bench.Repository.PruneAsync(new RetentionPolicy { KeepLast = 1 }, cancellationToken: Token);
        Assert.Equal([good, marked.Id], await IdsAsync());
        await _bench.AppendAsync(LogKind.Confirmed, marked.Id.ToString());
        await _bench.Repository.PruneAsync(new RetentionPolicy { KeepLast = 1 }, cancellationToken: Token);
        Assert.Equal([marked.Id], await IdsAsync());
    }

    [Fact]
    public async Task Pruning_is_refused_when_a_clock_has_plainly_jumped()
    {
        await BackUpAsync(2);
        _bench.Clock.Ahead = TimeSpan.FromDays(400);
        await BackUpAsync(1);
        _bench.Clock.Ahead = TimeSpan.Zero;
        var backups = await IdsAsync();
        var policy = new RetentionPolicy { KeepWithin = TimeSpan.FromDays(30) };
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.Repository.PruneAsync(policy, cancellationToken: Token));
        Assert.Equal(ErrorCode.ClockJumped, refused.Code);
        await Assert.ThrowsAsync<RefusedException>(() => _bench.Repository.PlanPruneAsync(policy, cancellationToken: Token));
        Assert.Equal(backups, await IdsAsync());
        await _bench.Repository.PruneAsync(policy, new PruneOptions { Force = true }, Token);
        Assert.Equal([backups[2]], await IdsAsync());
    }

    [Fact]
    public async Task A_policy_without_a_rule_prunes_nothing()
    {
        await BackUpAsync(1);
        await Assert.ThrowsAsync<ArgumentException>(() => _bench.Repository.PruneAsync(new RetentionPolicy(), cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentException>(() => _bench.Repository.PruneAsync(new RetentionPolicy { KeepLast = 1, KeepDaily = -1 }, cancellationToken: Token));
        Assert.Single(await IdsAsync());
    }

    [Fact]
    public async Task A_backup_that_arrives_while_pruning_is_counted_in()
    {
        var backups = await BackUpAsync(3);
        await using var other = await _bench.OpenAnotherAsync();
        BackupId? late = null;
        _bench.Store.BeforeCall = async call =>
        {
            if (call.IsCommit && late is null)
                late = (await other.BackUpAsync(_index.Directory, new BackupOptions { Type = BackupType.Full })).Backup.Id;
        };
        var result = await _bench.Repository.PruneAsync(new RetentionPolicy { KeepLast = 2 }, cancellationToken: Token);
        Assert.Equal(backups[..2], result.Removed.Backups.Select(removed => removed.Backup.Id));
        Assert.Equal([backups[2], late!.Value], await IdsAsync());
    }

    private async Task<List<BackupId>> BackUpAsync(int count, BackupOptions? options = null)
    {
        var backups = new List<BackupId>();
        for (int i = 0; i < count; i++)
        {
            // One in two keeps what the one before had.
            if (_index.Segments.Count > 3)
                _index.RemoveSegment(_index.Segments[0]);
            _index.AddSegment(100);
            _index.WriteMeta();
            backups.Add((await _bench.BackUpAsync(_index.Directory, options)).Backup.Id);
        }

        return backups;
    }

    private async Task<List<BackupId>> IdsAsync() => [.. (await _bench.ListAsync()).Select(backup => backup.Id)];

    private async Task RestoreAsync(BackupId backup)
    {
        string target = _directory.Combine("restored");
        await _bench.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token);
        Directory.Delete(target, recursive: true);
    }
}
