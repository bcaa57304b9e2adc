using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Snapshots;

/// <summary>Where a snapshot may appear, and that it appears whole or not at all.</summary>
public sealed class SnapshotPlaceTests : IDisposable
{
    private readonly SnapshotBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Directories_above_it_are_made()
    {
        var place = _bench.Combine("one", "two", "three");
        await _bench.MakeAsync(place: place);
        await _bench.AssertGoodAsync(DirectoryContent.Of(_bench.Files), place);
    }

    [Fact]
    public async Task An_empty_directory_is_taken_with_its_own_mode()
    {
        Directory.CreateDirectory(_bench.Place);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_bench.Place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        var mode = SnapshotBench.StatusOf(_bench.Root, "snapshot").Mode;

        await _bench.MakeAsync();

        await _bench.AssertGoodAsync(DirectoryContent.Of(_bench.Files));
        Assert.Equal(mode, SnapshotBench.StatusOf(_bench.Root, "snapshot").Mode);
    }

    [Fact]
    public async Task A_link_to_an_empty_directory_is_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Symbolic links need a privilege.");
        Directory.CreateDirectory(_bench.Place);
        File.CreateSymbolicLink(_bench.Combine("link"), "snapshot");

        Assert.Equal(_bench.Place, (await _bench.MakeAsync(place: _bench.Combine("link"))).Directory);

        await _bench.AssertGoodAsync(DirectoryContent.Of(_bench.Files));
    }

    [Theory]
    [InlineData("file.txt")]
    [InlineData(".hidden")]
    public async Task A_directory_with_something_in_it_is_refused_and_left_alone(string name)
    {
        Directory.CreateDirectory(_bench.Place);
        File.WriteAllText(Path.Combine(_bench.Place, name), "precious");

        Assert.Contains($"'{name}'", await RefuseAsync(ErrorCode.TargetExists), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_root_of_a_file_system_is_refused_because_nothing_can_appear_there_in_one_step()
    {
        Directory.CreateDirectory(Path.Combine(_bench.Place, "lost+found"));
        Assert.Contains("root of a file system", await RefuseAsync(ErrorCode.TargetExists), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_or_a_place_below_one_is_refused()
    {
        File.WriteAllText(_bench.Place, "precious");
        await RefuseAsync(ErrorCode.TargetExists);
        await RefuseAsync(ErrorCode.TargetExists, Path.Combine(_bench.Place, "below"));
    }

    [Fact]
    public async Task A_place_inside_the_index_or_around_it_is_refused()
    {
        await RefuseAsync(ErrorCode.PathsOverlap, _bench.Index);
        await RefuseAsync(ErrorCode.PathsOverlap, Path.Combine(_bench.Index, "snapshot"));
        await RefuseAsync(ErrorCode.PathsOverlap, _bench.Root);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_appears_at_the_place_meanwhile_is_never_replaced(bool existedBefore)
    {
        if (existedBefore)
            Directory.CreateDirectory(_bench.Place);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.MakeAsync(pinned: _ =>
        {
            Directory.CreateDirectory(_bench.Place);
            File.WriteAllText(Path.Combine(_bench.Place, "file"), "precious");
            return default;
        }));

        Assert.Equal(ErrorCode.TargetExists, refused.Code);
        Assert.Equal("precious", File.ReadAllText(Assert.Single(Directory.GetFileSystemEntries(_bench.Place))));
        _bench.AssertNothingBeside();
    }

    [Fact]
    public async Task Nothing_is_at_the_place_before_everything_is()
    {
        var seen = new List<bool>();
        var source = _bench.Source(null);
        await _bench.NewManager().CreateSnapshotAsync(
            source, _bench.Place, progress: new Watch(() => seen.Add(Directory.Exists(_bench.Place))), cancellationToken: SnapshotBench.Token);

        Assert.NotEmpty(seen);
        Assert.DoesNotContain(true, seen);
        Assert.True(File.Exists(Path.Combine(_bench.Place, "meta.json")));
    }

    private async Task<string> RefuseAsync(string code, string? place = null)
    {
        var before = DirectoryPicture.Contents(_bench.Root);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.MakeAsync(place: place));
        Assert.Equal(code, refused.Code);
        Assert.False(string.IsNullOrEmpty(refused.Hint));
        Assert.Equal(before, DirectoryPicture.Contents(_bench.Root));
        return refused.Message;
    }

    private sealed class Watch(Action look) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value) => look();
    }
}
