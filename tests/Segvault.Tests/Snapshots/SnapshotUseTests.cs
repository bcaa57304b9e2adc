using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Snapshots;

/// <summary>Snapshots that are wanted only while something uses them.</summary>
public sealed class SnapshotUseTests : IDisposable
{
    private readonly SnapshotBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task It_is_there_while_it_is_used_and_gone_afterwards()
    {
        var expected = DirectoryContent.Of(_bench.Files);
        var used = false;

        var result = await _bench.UseAsync((snapshot, _) =>
        {
            used = true;
            Assert.Equal((_bench.Place, false), (snapshot.Directory, snapshot.Removed));
            Assert.Equal(expected, DirectoryContent.Of(_bench.Place));
            return default;
        });

        Assert.True(used);
        Assert.True(result.Removed);
        Assert.Empty(result.Warnings);
        AssertGone();
    }

    [Fact]
    public async Task What_its_user_throws_comes_out_once_it_is_gone()
    {
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => _bench.UseAsync((_, _) => throw new InvalidTimeZoneException()));
        AssertGone();
    }

    [Fact]
    public async Task It_is_gone_when_its_use_is_stopped()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(SnapshotBench.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _bench.UseAsync(
            async (_, token) =>
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            },
            stop.Token));
        AssertGone();
    }

    [Fact]
    public async Task What_was_written_into_it_goes_with_it_and_a_link_in_it_is_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Symbolic links need a privilege.");
        File.WriteAllText(_bench.Combine("precious"), "x");
        await _bench.UseAsync((_, _) =>
        {
            Directory.CreateDirectory(Path.Combine(_bench.Place, "a", "b"));
            File.WriteAllText(Path.Combine(_bench.Place, "a", "b", "cache"), "x");
            File.CreateSymbolicLink(Path.Combine(_bench.Place, "link"), _bench.Index);
            return default;
        });

        Assert.Equal([_bench.Index, _bench.Combine("precious")], Directory.GetFileSystemEntries(_bench.Root).Order(StringComparer.Ordinal));
        Assert.True(File.Exists(_bench.Files.PathOf("meta.json")));
    }

    [Fact]
    public async Task A_directory_that_was_there_is_there_again_empty_with_its_mode()
    {
        Directory.CreateDirectory(_bench.Place);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_bench.Place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead);
        var mode = SnapshotBench.StatusOf(_bench.Root, "snapshot").Mode;

        Assert.True((await _bench.UseAsync((_, _) => default)).Removed);

        Assert.Equal(mode, SnapshotBench.StatusOf(_bench.Root, "snapshot").Mode);
        Assert.Empty(Directory.GetFileSystemEntries(_bench.Place));
        _bench.AssertNothingBeside();
    }

    [Fact]
    public async Task Directories_made_for_it_are_removed_too()
    {
        await _bench.NewManager().UseSnapshotAsync(_bench.Source(null), _bench.Combine("one", "two"), (_, _) => default, cancellationToken: SnapshotBench.Token);
        AssertGone();
    }

    [Fact]
    public async Task Something_else_that_took_its_place_is_left_alone_and_told()
    {
        var result = await _bench.UseAsync((_, _) =>
        {
            Directory.Delete(_bench.Place, recursive: true);
            Directory.CreateDirectory(_bench.Place);
            File.WriteAllText(Path.Combine(_bench.Place, "file"), "precious");
            return default;
        });

        Assert.Equal("precious", File.ReadAllText(Assert.Single(Directory.GetFileSystemEntries(_bench.Place))));
        Assert.Equal(ErrorCode.LeftoverFound, Assert.Single(result.Warnings).Code);
        _bench.AssertNothingBeside();
    }

    [Fact]
    public async Task Its_user_may_delete_it()
    {
        var result = await _bench.UseAsync((snapshot, _) =>
        {
            Directory.Delete(snapshot.Directory, recursive: true);
            return default;
        });

        Assert.True(result.Removed);
        Assert.Empty(result.Warnings);
        AssertGone();
    }

    [Fact]
    public async Task The_index_is_free_while_it_is_used()
    {
        await _bench.UseAsync(async (_, _) =>
        {
            await _bench.MakeAsync(place: _bench.Combine("another"));
            _bench.Files.AddSegment(3);
            _bench.Files.WriteMeta();
            _bench.Files.CollectGarbage();
        });

        Assert.False(Directory.Exists(_bench.Place));
        Assert.True(Directory.Exists(_bench.Combine("another")));
    }

    private void AssertGone() => Assert.Equal([_bench.Index], Directory.GetFileSystemEntries(_bench.Root));
}
