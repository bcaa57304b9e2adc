using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Backup;

/// <summary>What an incremental backup takes over from earlier ones, and what it stores again.</summary>
public sealed class ReuseTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private TantivyFiles _index = null!;
    private BackupResult _first = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 2, bytesPerFile: 40_000);
        _first = await _bench.BackUpAsync(_index.Directory);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_first_backup_is_full_and_the_next_stores_only_what_is_new()
    {
        Assert.Equal(BackupType.Full, _first.Backup.Type);
        Assert.Null(_first.Backup.Base);
        Assert.Equal(_first.Backup.Bytes, _first.BytesNew);
        long bytesBefore = _bench.Memory.NamesOf("packs/").Sum(name => (long)_bench.Memory.Objects[name].Length);
        var segment = _index.AddSegment(10);
        _index.WriteMeta();
        var second = await _bench.BackUpAsync(_index.Directory);

        Assert.Equal(BackupType.Incremental, second.Backup.Type);
        Assert.Equal(_first.Backup.Id, second.Backup.Base);
        long added = LengthOf(_index.LiveFiles.Where(name => name.StartsWith(segment.Id, StringComparison.Ordinal) || name == "meta.json"));
        Assert.Equal(added, second.BytesNew);
        Assert.Equal(second.BytesStored, _bench.Memory.NamesOf("packs/").Sum(name => (long)_bench.Memory.Objects[name].Length) - bytesBefore);
        await AssertRestoresAsync(second);
    }

    [Fact]
    public async Task A_write_once_file_with_the_same_name_length_and_footer_is_not_read()
    {
        // Were it read, its CRC would not fit.
        string file = _index.LiveFiles.First(name => name.EndsWith(".store", StringComparison.Ordinal));
        await using (var stream = new FileStream(_index.PathOf(file), FileMode.Open))
            stream.Write([1, 2, 3, 4, 5]);
        var again = await _bench.BackUpAsync(_index.Directory);
        Assert.True(again.Unchanged);
        Assert.Equal(_first.Backup.Id, again.Backup.Id);
        Assert.Equal(new FileInfo(_index.PathOf("meta.json")).Length, again.BytesRead);
    }

    [Fact]
    public async Task Rehash_reads_everything_names_what_rotted_and_keeps_the_good_copy()
    {
        var good = DirectoryContent.Of(_index);
        string file = _index.LiveFiles.First(name => name.EndsWith(".store", StringComparison.Ordinal));
        await using (var stream = new FileStream(_index.PathOf(file), FileMode.Open))
            stream.Write([1, 2, 3, 4, 5]);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.BackUpAsync(_index.Directory, new BackupOptions { Rehash = true }));
        Assert.Equal([file], refused.Files);
        var kept = await _bench.BackUpAsync(_index.Directory, new BackupOptions { Rehash = true, AllowDamaged = true });
        Assert.Equal([file], kept.DamagedFiles);
        Assert.Contains(kept.Warnings, warning => warning.Code == ErrorCode.SourceRotted);
        Assert.Equal(good, await RestoreAsync(kept));
    }

    [Fact]
    public async Task Full_writes_every_byte_anew_and_leans_on_nothing()
    {
        _bench.DamagedBecause = "the packs of the first backup are taken away";
        var old = _bench.Memory.NamesOf("packs/");
        var full = await _bench.BackUpAsync(_index.Directory, new BackupOptions { Type = BackupType.Full });
        Assert.False(full.Unchanged);
        Assert.Equal(BackupType.Full, full.Backup.Type);
        Assert.Null(full.Backup.Base);
        Assert.Equal(full.Backup.Bytes, full.BytesNew);
        foreach (string pack in old)
            _bench.Memory.Objects.TryRemove(pack, out _);
        await AssertRestoresAsync(full);
    }

    [Fact]
    public async Task Touching_files_changes_nothing()
    {
        foreach (string file in _index.LiveFiles)
            File.SetLastWriteTimeUtc(_index.PathOf(file), new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var again = await _bench.BackUpAsync(_index.Directory);
        Assert.True(again.Unchanged);
        Assert.Equal(_first.Backup.Id, again.Backup.Id);
        Assert.Single(await _bench.ListAsync());
    }

    [Fact]
    public async Task Other_content_of_the_same_length_and_time_is_noticed_in_a_replaceable_file()
    {
        _index.AddDelete(_index.Segments[0], 5);
        _index.WriteMeta();
        await _bench.BackUpAsync(_index.Directory);
        string deletes = _index.PathOf(_index.Segments[0].DeletesFile!);
        var time = File.GetLastWriteTimeUtc(deletes);
        long length = new FileInfo(deletes).Length;

        // Other documents, as many, under the same name. The CRC in the footer is decimal: one with as many digits is looked for.
        byte[] other = [];
        for (int bit = 0; other.Length != length; bit++)
        {
            byte[] body = TantivyFiles.MakeAliveBits(_index.Segments[0].Documents, 4);
            body[5 + (bit / 8)] &= (byte)~(1 << (bit % 8));
            other = _index.AddFooter(body);
        }

        await File.WriteAllBytesAsync(deletes, other, Token);
        File.SetLastWriteTimeUtc(deletes, time);
        var second = await _bench.BackUpAsync(_index.Directory);
        Assert.False(second.Unchanged);
        Assert.Equal(length, second.BytesNew);
        await AssertRestoresAsync(second);
    }

    [Fact]
    public async Task The_commit_file_is_always_read()
    {
        string meta = _index.PathOf("meta.json");
        var time = File.GetLastWriteTimeUtc(meta);
        string text = await File.ReadAllTextAsync(meta, Token);
        await File.WriteAllTextAsync(meta, text.Replace("\"body\"", "\"BODY\"", StringComparison.Ordinal), Token);
        File.SetLastWriteTimeUtc(meta, time);
        var second = await _bench.BackUpAsync(_index.Directory);
        Assert.False(second.Unchanged);
        await AssertRestoresAsync(second);
    }

    [Fact]
    public async Task A_small_write_once_file_is_read_and_checked()
    {
        using var directory = new TempDirectory();
        var small = TantivyFiles.Create(directory.Combine("small"), segments: 1, bytesPerFile: 1000);
        await _bench.BackUpAsync(small.Directory);
        string file = small.LiveFiles.First(name => name.EndsWith(".term", StringComparison.Ordinal));
        await using (var stream = new FileStream(small.PathOf(file), FileMode.Open))
            stream.Write([1, 2, 3, 4, 5]);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.BackUpAsync(small.Directory));
        Assert.Equal(ErrorCode.SourceDamaged, refused.Code);
        Assert.Equal([file], refused.Files);
    }

    [Fact]
    public async Task Every_pack_is_replaced_when_it_cannot_be_relied_on()
    {
        _bench.DamagedBecause = "packs are taken away";
        var disasters = new (string What, Func<string, Task> Strike)[]
        {
            ("missing", pack => Task.FromResult(_bench.Memory.Objects.TryRemove(pack, out _))),
            ("wrong size", pack => Task.FromResult(_bench.Memory.Objects[pack] = [.. _bench.Memory.Objects[pack], 0])),
            ("cut", pack => Task.FromResult(_bench.Memory.Objects[pack] = _bench.Memory.Objects[pack][..^1])),
            ("condemned", pack => _bench.AppendAsync(LogKind.Condemn, pack)),
            ("known bad", pack => _bench.AppendAsync(LogKind.Verified, pack)),
            ("erased", pack => _bench.AppendAsync(LogKind.Erase, pack)),
        };
        var newest = _first;
        foreach (var (what, strike) in disasters)
        {
            var packs = (await _bench.ReadManifestAsync(newest)).Packs;
            for (int i = 0; i < packs.Length; i++)
            {
                string lost = PackFormat.NameOf((await _bench.ReadManifestAsync(newest)).Packs[i].Id);
                await strike(lost);
                var repaired = await _bench.BackUpAsync(_index.Directory);
                Assert.False(repaired.Unchanged, what);
                Assert.True(repaired.BytesNew > 0, what);
                Assert.DoesNotContain(lost, (await _bench.ReadManifestAsync(repaired)).Packs.Select(pack => PackFormat.NameOf(pack.Id)));
                await AssertRestoresAsync(repaired);
                newest = repaired;
            }
        }
    }

    [Fact]
    public async Task A_lost_manifest_costs_only_storing_again()
    {
        _bench.DamagedBecause = "a manifest is taken away";
        _bench.Memory.Objects.TryRemove(ManifestStore.NameOf(_first.Backup.Id), out _);
        var second = await _bench.BackUpAsync(_index.Directory);
        Assert.False(second.Unchanged);
        Assert.Equal(BackupType.Full, second.Backup.Type);
        await AssertRestoresAsync(second);
    }

    [Fact]
    public async Task Files_are_found_in_backups_of_other_names()
    {
        string copy = _directory.Combine("elsewhere");
        Directory.CreateDirectory(copy);
        foreach (string file in _index.LiveFiles)
            File.Copy(_index.PathOf(file), Path.Combine(copy, file));
        var moved = await _bench.BackUpAsync(copy, new BackupOptions { Name = "moved" });
        Assert.Equal(BackupType.Incremental, moved.Backup.Type);
        Assert.Equal(0, moved.BytesNew);
        Assert.False(moved.Unchanged);
        Assert.Equal(DirectoryContent.Of(_index), await RestoreAsync(moved));
    }

    [Fact]
    public async Task A_segment_is_found_by_the_backup_that_first_stored_it_however_many_came_later()
    {
        var old = _index.Segments[0];
        for (int i = 0; i < 40; i++)
            await _bench.BackUpAsync(TantivyFiles.Create(_directory.Combine($"other-{i}"), segments: 1, bytesPerFile: 200, seed: 100 + i).Directory);
        _index.RemoveSegment(old);
        _index.WriteMeta();
        await _bench.BackUpAsync(_index.Directory);

        // As after an in-place restore of the first backup.
        var restored = await RestoreToAsync(_first, "index-restored");
        var again = await _bench.BackUpAsync(restored);
        Assert.Equal(0, again.BytesNew);
    }

    [Fact]
    public async Task A_removed_backup_is_no_parent_and_unchanged_names_a_live_one()
    {
        _index.AddSegment(3);
        _index.WriteMeta();
        var second = await _bench.BackUpAsync(_index.Directory);
        await _bench.AppendAsync(LogKind.Remove, second.Backup.Id.ToString());
        var third = await _bench.BackUpAsync(_index.Directory);
        Assert.False(third.Unchanged);
        Assert.Equal(_first.Backup.Id, third.Backup.Base);
        await _bench.AppendAsync(LogKind.Remove, _first.Backup.Id.ToString(), third.Backup.Id.ToString());
        var fourth = await _bench.BackUpAsync(_index.Directory);
        Assert.Equal(BackupType.Full, fourth.Backup.Type);
        Assert.Equal(fourth.Backup.Bytes, fourth.BytesNew);
    }

    [Fact]
    public async Task That_nothing_has_changed_is_recorded_once_an_hour()
    {
        long before = await LogLengthAsync();
        Assert.True((await _bench.BackUpAsync(_index.Directory)).Unchanged);
        Assert.Equal(before, await LogLengthAsync());
        _bench.Clock.Ahead += TimeSpan.FromHours(1);
        var unchanged = await _bench.BackUpAsync(_index.Directory);
        Assert.True(unchanged.Unchanged);
        Assert.Equal(before + 1, await LogLengthAsync());
        var seen = Assert.NotNull(Assert.Single(await _bench.ListAsync()).UnchangedAt);
        Assert.Equal(seen, unchanged.Backup.UnchangedAt);
        Assert.InRange(seen - _first.Backup.Time, TimeSpan.FromHours(1), TimeSpan.FromHours(2));
        _bench.Clock.Ahead -= TimeSpan.FromDays(1000);
        Assert.True((await _bench.BackUpAsync(_index.Directory)).Unchanged);
        Assert.Equal(before + 1, await LogLengthAsync());
    }

    [Fact]
    public async Task That_nothing_has_changed_and_cannot_be_recorded_is_a_warning()
    {
        _bench.Clock.Ahead += TimeSpan.FromHours(1);
        _bench.Store.OnCall = call => call.Verb == StoreVerb.Create ? Fault.FailBefore : Fault.None;
        var unchanged = await _bench.BackUpAsync(_index.Directory);
        Assert.True(unchanged.Unchanged);
        Assert.Equal(ErrorCode.NotRecorded, Assert.Single(unchanged.Warnings).Code);
    }

    [Fact]
    public async Task A_state_that_returns_is_a_new_backup_because_the_newest_holds_another()
    {
        var segment = _index.AddSegment(3);
        _index.WriteMeta();
        await _bench.BackUpAsync(_index.Directory);
        var first = await RestoreToAsync(_first, "back");
        var third = await _bench.BackUpAsync(first, new BackupOptions { Name = "index" });
        Assert.False(third.Unchanged);
        Assert.Equal(new FileInfo(Path.Combine(first, "meta.json")).Length, third.BytesNew);
        Assert.NotEqual(_first.Backup.Id, third.Backup.Id);
        Assert.DoesNotContain((await _bench.ReadManifestAsync(third)).Files, file => file.Segment == segment.Id);
    }

    private async Task<long> LogLengthAsync() => (await _bench.Log.FoldAsync(Token)).NextNumber;

    private long LengthOf(IEnumerable<string> files) => files.Sum(file => new FileInfo(_index.PathOf(file)).Length);

    private async Task AssertRestoresAsync(BackupResult backup) => Assert.Equal(DirectoryContent.Of(_index), await RestoreAsync(backup));

    private async Task<DirectoryContent> RestoreAsync(BackupResult backup)
    {
        string target = await RestoreToAsync(backup, $"restored-{Guid.NewGuid():n}");
        var content = DirectoryContent.Of(target);
        Directory.Delete(target, recursive: true);
        return content;
    }

    private async Task<string> RestoreToAsync(BackupResult backup, string name)
    {
        string target = _directory.Combine(name);
        await _bench.Manager.RestoreBackupAsync(backup.Backup.Id, target, cancellationToken: Token);
        return target;
    }
}
