using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Snapshots;

/// <summary>Snapshots that are not to be, or not to be finished.</summary>
public sealed class SnapshotFailureTests : IDisposable
{
    private readonly SnapshotBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_damaged_index_is_refused_unless_that_is_allowed()
    {
        var lost = _bench.Files.Segments[1].Id + ".pos";
        File.Delete(_bench.Files.PathOf(lost));
        var before = DirectoryPicture.Contents(_bench.Root);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.MakeAsync());
        Assert.Equal(ErrorCode.SourceDamaged, refused.Code);
        Assert.Contains(lost, refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, DirectoryPicture.Contents(_bench.Root));

        var allowed = await _bench.MakeAsync(new() { AllowDamaged = true });
        Assert.Equal([lost], allowed.DamagedFiles);
        Assert.Equal(13, allowed.Files);
        Assert.Contains(lost, Assert.Single(allowed.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_without_an_index_is_refused()
    {
        var empty = Directory.CreateDirectory(_bench.Combine("empty")).FullName;
        await Assert.ThrowsAsync<NotAnIndexException>(
            () => new SnapshotManager().CreateSnapshotAsync(Segvault.Engines.IndexSource.Open(empty), _bench.Place, cancellationToken: SnapshotBench.Token));
        Assert.False(Directory.Exists(_bench.Place));
    }

    [Fact]
    public async Task An_index_that_somebody_holds_is_refused()
    {
        Assert.Equal(
            AdvisoryLockResult.Acquired, AdvisoryLock.TryCreateAndAcquire(_bench.Files.PathOf(".segvault.lock"), UnixFileMode.UserRead | UnixFileMode.UserWrite, out var held));
        using (held)
            Assert.Equal(ErrorCode.IndexLocked, (await Assert.ThrowsAsync<IndexBusyException>(() => _bench.MakeAsync())).Code);
        Assert.False(Directory.Exists(_bench.Place));
    }

    [Fact]
    public async Task A_live_writer_is_refused_where_none_may_be()
    {
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(_bench.Files.PathOf(".tantivy-writer.lock"), out var held));
        using (held)
            Assert.Equal(ErrorCode.WriterActive, (await Assert.ThrowsAsync<IndexBusyException>(() => _bench.MakeAsync(new() { RequireIdle = true }))).Code);
        await _bench.MakeAsync(new() { RequireIdle = true });
        await _bench.AssertGoodAsync(DirectoryContent.Of(_bench.Files));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_snapshot_that_is_stopped_leaves_nothing(bool existedBefore)
    {
        var place = _bench.Combine("one", "two");
        if (existedBefore)
            Directory.CreateDirectory(place);
        var before = DirectoryPicture.Contents(_bench.Root).Keys;
        for (var report = 1; ; report++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(SnapshotBench.Token);
            var reports = 0;
            var progress = new Stopper(() =>
            {
                if (++reports == report)
                    stop.Cancel();
            });
            try
            {
                await _bench.NewManager().CreateSnapshotAsync(_bench.Source(null), place, progress: progress, cancellationToken: stop.Token);
                Assert.True(report > 10, "It was hardly ever stopped.");
                break;
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(before, DirectoryPicture.Contents(_bench.Root).Keys);
            }
        }

        await _bench.AssertGoodAsync(DirectoryContent.Of(_bench.Files), place);
    }

    [Fact]
    public async Task A_file_that_changes_its_length_after_it_was_pinned_is_an_error_and_nothing_is_left()
    {
        var store = _bench.Files.PathOf(_bench.Files.Segments[0].Id + ".store");
        var failed = await Assert.ThrowsAsync<SegvaultException>(() => _bench.MakeAsync(pinned: _ =>
        {
            File.AppendAllText(store, "x");
            return default;
        }));

        Assert.Equal(ErrorCode.SourceChanged, failed.Code);
        Assert.Equal([_bench.Index], Directory.GetFileSystemEntries(_bench.Root));
    }

    private sealed class Stopper(Action report) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value) => report();
    }
}
