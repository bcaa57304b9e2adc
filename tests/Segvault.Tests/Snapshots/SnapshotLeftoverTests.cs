using Segvault.Snapshots;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Snapshots;

/// <summary>What killed runs leave: recognised by a lock that nobody holds, and removed by the next run.</summary>
public sealed class SnapshotLeftoverTests : IDisposable
{
    private readonly SnapshotBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unfinished_snapshot_is_removed(bool isTemporary)
    {
        var left = SnapshotWorkspace.Create(SnapshotTarget.Inspect(_bench.Place), isTemporary);
        File.WriteAllText(Path.Combine(left.Copy, "half"), "x");
        left.Release();

        await MakeAndExpectRemovalAsync();
    }

    [Fact]
    public async Task A_directory_that_was_not_yet_locked_is_removed()
    {
        Directory.CreateDirectory(_bench.Combine($".snapshot.segvault-snapshot-{Guid.NewGuid():n}"));
        await MakeAndExpectRemovalAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_snapshot_whose_user_was_killed_is_removed(bool existedBefore)
    {
        if (existedBefore)
            Directory.CreateDirectory(_bench.Place);
        Leave();
        await MakeAndExpectRemovalAsync();
    }

    [Fact]
    public async Task A_snapshot_that_was_to_stay_is_never_removed()
    {
        var kept = SnapshotWorkspace.Create(SnapshotTarget.Inspect(_bench.Place), isTemporary: false);
        File.WriteAllText(Path.Combine(kept.Copy, "meta.json"), "x");
        kept.Publish();
        kept.Release();

        Assert.Equal(ErrorCode.TargetExists, (await Assert.ThrowsAsync<RefusedException>(() => _bench.MakeAsync())).Code);
        Assert.True(File.Exists(Path.Combine(_bench.Place, "meta.json")));
        _bench.AssertNothingBeside();
    }

    [Fact]
    public async Task A_snapshot_in_use_is_left_alone()
    {
        await _bench.UseAsync(async (_, _) =>
            Assert.Equal(ErrorCode.TargetExists, (await Assert.ThrowsAsync<RefusedException>(() => _bench.MakeAsync())).Code));
    }

    [Fact]
    public async Task A_directory_made_since_in_its_place_is_not_taken_for_it()
    {
        Leave();
        Directory.Delete(_bench.Place, recursive: true);

        // The same inode, as often as not.
        Directory.CreateDirectory(_bench.Place);
        File.WriteAllText(Path.Combine(_bench.Place, "meta.json"), "precious");

        Assert.Equal(ErrorCode.TargetExists, (await Assert.ThrowsAsync<RefusedException>(() => _bench.MakeAsync())).Code);
        Assert.Equal("precious", File.ReadAllText(Path.Combine(_bench.Place, "meta.json")));
        _bench.AssertNothingBeside();
    }

    [Fact]
    public async Task Something_put_into_it_is_not_deleted_with_it()
    {
        Leave();
        File.WriteAllText(Path.Combine(_bench.Place, "thesis.txt"), "precious");

        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.MakeAsync());
        Assert.Contains("thesis.txt", refused.Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(_bench.Place, "thesis.txt"));

        await MakeAndExpectRemovalAsync();
    }

    [Theory]
    [InlineData(".snapshot.segvault-snapshot-x")]
    [InlineData(".snapshot.segvault-snapshot-b.segvault-snapshot-0123456789abcdef0123456789abcdef")]
    [InlineData(".other.segvault-snapshot-0123456789abcdef0123456789abcdef")]
    public async Task What_only_looks_alike_is_left_alone(string name)
    {
        Directory.CreateDirectory(_bench.Combine(name));
        Assert.Empty((await _bench.MakeAsync()).Warnings);
        Assert.True(Directory.Exists(_bench.Combine(name)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12 34")]
    [InlineData("1 2 3 4 5\n")]
    [InlineData("a b c d\n")]
    [InlineData("1 2 99999999999999999999 0\n")]
    public void A_note_that_is_no_whole_note_says_nothing(string text)
    {
        var path = _bench.Combine("note");
        File.WriteAllText(path, text);
        Assert.Null(SnapshotNote.TryRead(path));
    }

    [Fact]
    public void A_note_is_read_as_it_was_written()
    {
        var note = SnapshotNote.For(_bench.Index, replacesEmpty: true);
        note.Write(_bench.Combine("note"));
        Assert.Equal(note, SnapshotNote.TryRead(_bench.Combine("note")));
        Assert.True(note.Describes(_bench.Index));
        Assert.False(note.Describes(_bench.Root));
        Assert.False((note with { CreatedAt = DateTimeOffset.UnixEpoch }).Describes(_bench.Index));
    }

    /// <summary>As a process leaves it that is killed while a snapshot of its is in use.</summary>
    private void Leave()
    {
        var left = SnapshotWorkspace.Create(SnapshotTarget.Inspect(_bench.Place), isTemporary: true);
        File.WriteAllText(Path.Combine(left.Copy, "meta.json"), "x");
        File.WriteAllText(Path.Combine(left.Copy, ".tantivy-meta.lock"), "");
        left.Publish();
        left.Release();
    }

    private async Task MakeAndExpectRemovalAsync()
    {
        var result = await _bench.MakeAsync();
        Assert.Equal(ErrorCode.LeftoverFound, Assert.Single(result.Warnings).Code);
        await _bench.AssertGoodAsync(DirectoryContent.Of(_bench.Files));
        Assert.Equal([_bench.Index, _bench.Place], Directory.GetFileSystemEntries(_bench.Root).Order(StringComparer.Ordinal));
    }
}
