using System.Text.Json;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Snapshots;

/// <summary>How each file gets into a snapshot.</summary>
public sealed class SnapshotWaysTests : IDisposable
{
    private readonly SnapshotBench _bench = new();
    private readonly string _store;

    public SnapshotWaysTests() => _store = _bench.Files.Segments[0].Id + ".store";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task What_is_never_written_again_is_linked_or_cloned_and_everything_else_is_its_own()
    {
        var result = await _bench.MakeAsync();

        await _bench.AssertGoodAsync(DirectoryContent.Of(_bench.Files));
        var canClone = _bench.CanClone;
        Assert.Equal(canClone ? (0, 13, 1) : (12, 0, 2), (result.Linked, result.Cloned, result.Copied));
        foreach (var name in _bench.Files.LiveFiles)
        {
            var shared = SnapshotBench.StatusOf(_bench.Index, name).Identity == SnapshotBench.StatusOf(_bench.Place, name).Identity;
            Assert.Equal(!canClone && name != "meta.json" && !name.EndsWith(".del", StringComparison.Ordinal), shared);
        }
    }

    [Fact]
    public async Task The_result_says_what_is_in_it()
    {
        File.WriteAllText(_bench.Files.PathOf("notes.txt"), "");

        var result = await _bench.MakeAsync();

        Assert.Equal((_bench.Index, _bench.Place, "tantivy"), (result.Index, result.Directory, result.Engine));
        Assert.Equal((_bench.Files.Documents, 2, 14), (result.Documents, result.Segments, result.Files));
        Assert.Equal(_bench.Files.LiveFiles.Sum(name => new FileInfo(_bench.Files.PathOf(name)).Length), result.Bytes);
        Assert.Equal((1, true, false), (result.ForeignFiles, result.Locked, result.Removed));
        Assert.Empty(result.Warnings);
        Assert.Empty(result.DamagedFiles);
    }

    [Fact]
    public async Task Only_files_of_the_commit_and_the_list_that_the_engine_needs_are_there()
    {
        _bench.Files.AddSegment(5);
        File.WriteAllText(_bench.Files.PathOf("notes.txt"), "");
        File.WriteAllText(_bench.Files.PathOf(".tmpABC123"), "");
        var live = _bench.Files.LiveFiles.Where(name => !name.StartsWith(_bench.Files.Segments[2].Id, StringComparison.Ordinal)).ToList();

        await _bench.MakeAsync();

        var names = new DirectoryInfo(_bench.Place).EnumerateFileSystemInfos().Select(entry => entry.Name).Order(StringComparer.Ordinal);
        Assert.Equal([".managed.json", .. live], names);
        var managed = JsonSerializer.Deserialize<string[]>(await File.ReadAllTextAsync(Path.Combine(_bench.Place, ".managed.json"), Token))!;
        Assert.Equal(live, managed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_file_that_the_engine_deleted_meanwhile_is_copied_from_what_is_pinned()
    {
        var expected = DirectoryContent.Of(_bench.Files);

        var result = await _bench.MakeAsync(pinned: _ =>
        {
            _bench.Files.RemoveSegment(_bench.Files.Segments[0]);
            _bench.Files.WriteMeta();
            _bench.Files.CollectGarbage();
            return default;
        });

        Assert.False(File.Exists(_bench.Files.PathOf(_store)));
        await _bench.AssertGoodAsync(expected);
        if (!_bench.CanClone)
            Assert.Equal((6, 8), (result.Linked, result.Copied));
    }

    [Fact]
    public async Task A_file_that_was_moved_away_meanwhile_is_still_linked_where_open_files_can_be()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && !_bench.CanClone, "Only Linux links an open file, and here it would be cloned.");
        var expected = DirectoryContent.Of(_bench.Files);
        var identity = SnapshotBench.StatusOf(_bench.Index, _store).Identity;

        var result = await _bench.MakeAsync(pinned: _ =>
        {
            File.Move(_bench.Files.PathOf(_store), _bench.Combine("moved"));
            File.WriteAllText(_bench.Files.PathOf(_store), "another file under this name");
            return default;
        });

        Assert.Equal((12, 2), (result.Linked, result.Copied));
        Assert.Equal(identity, SnapshotBench.StatusOf(_bench.Place, _store).Identity);
        await _bench.AssertGoodAsync(expected);
    }

    [Fact]
    public async Task Another_file_under_a_pinned_name_never_gets_into_the_snapshot()
    {
        var expected = DirectoryContent.Of(_bench.Files);

        await _bench.MakeAsync(pinned: _ =>
        {
            var bytes = File.ReadAllBytes(_bench.Files.PathOf(_store));
            bytes[5] ^= 1;
            File.Delete(_bench.Files.PathOf(_store));
            File.WriteAllBytes(_bench.Files.PathOf(_store), bytes);
            return default;
        });

        await _bench.AssertGoodAsync(expected);
    }

    [Fact]
    public async Task Into_another_file_system_everything_is_copied_and_checked()
    {
        using var memory = MemoryPlace.Require(_bench.Index);

        var result = await _bench.MakeAsync(place: memory.Place);

        Assert.Equal((0, 0, 14), (result.Linked, result.Cloned, result.Copied));
        await _bench.AssertGoodAsync(DirectoryContent.Of(_bench.Files), memory.Place);
        Assert.Equal([memory.Place], Directory.GetFileSystemEntries(memory.Path));
    }

    [Fact]
    public async Task Damage_found_while_copying_is_an_error_and_nothing_is_left()
    {
        using var memory = MemoryPlace.Require(_bench.Index);
        var bytes = File.ReadAllBytes(_bench.Files.PathOf(_store));
        bytes[5] ^= 1;
        File.WriteAllBytes(_bench.Files.PathOf(_store), bytes);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.MakeAsync(place: memory.Place));

        Assert.Equal(ErrorCode.SourceDamaged, refused.Code);
        Assert.Contains(_store, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(memory.Path));

        var allowed = await _bench.MakeAsync(new() { AllowDamaged = true }, place: memory.Place);
        Assert.Equal([_store], allowed.DamagedFiles);
        Assert.Equal(ErrorCode.SourceDamaged, Assert.Single(allowed.Warnings).Code);
    }

    [Fact]
    public async Task Modes_and_times_are_those_of_the_index()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        var del = _bench.Files.Segments[0].DeletesFile!;
        FileOwnership.TryChangeMode(_bench.Files.PathOf(del), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        File.SetLastWriteTimeUtc(_bench.Files.PathOf(del), new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        FileOwnership.TryChangeMode(_bench.Index, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute);

        await _bench.MakeAsync();

        Assert.Equal(FileStatus.TryRead(_bench.Index)!.Mode, FileStatus.TryRead(_bench.Place)!.Mode);
        foreach (var name in _bench.Files.LiveFiles)
        {
            var (original, copy) = (SnapshotBench.StatusOf(_bench.Index, name), SnapshotBench.StatusOf(_bench.Place, name));
            Assert.Equal((original.Mode, original.ModifiedAt, original.UserId, original.GroupId), (copy.Mode, copy.ModifiedAt, copy.UserId, copy.GroupId));
        }
    }

    [Fact]
    public async Task The_index_can_go_on_and_be_deleted_and_the_snapshot_stays_what_it_was()
    {
        var expected = DirectoryContent.Of(_bench.Files);
        await _bench.MakeAsync();
        _bench.Files.AddDelete(_bench.Files.Segments[1], 3);
        _bench.Files.AddSegment(9);
        _bench.Files.RemoveSegment(_bench.Files.Segments[0]);
        _bench.Files.WriteMeta();
        _bench.Files.CollectGarbage();
        await _bench.AssertGoodAsync(expected);

        Directory.Delete(_bench.Index, recursive: true);
        await _bench.AssertGoodAsync(expected);
    }

    [Fact]
    public async Task Deleting_the_snapshot_leaves_the_index_as_it_was()
    {
        var before = DirectoryPicture.Everything(_bench.Index);
        await _bench.MakeAsync();
        Directory.Delete(_bench.Place, recursive: true);
        Assert.Equal(before, DirectoryPicture.Everything(_bench.Index));
    }

    /// <summary>A directory in a file system in memory.</summary>
    private sealed class MemoryPlace : IDisposable
    {
        private const string Memory = "/dev/shm";

        public string Path { get; } = System.IO.Path.Combine(Memory, $"segvault-tests-{Guid.NewGuid():n}");

        public string Place => System.IO.Path.Combine(Path, "snapshot");

        public static MemoryPlace Require(string index)
        {
            TestBench.Require(Directory.Exists(Memory), "there is no file system in memory");
            TestBench.Require(FileStatus.TryRead(Memory)!.Identity.Device != FileStatus.TryRead(index)!.Identity.Device, "it is the same file system");
            var place = new MemoryPlace();
            Directory.CreateDirectory(place.Path);
            return place;
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
