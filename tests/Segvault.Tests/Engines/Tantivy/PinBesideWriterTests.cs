using Segvault.Engines.Tantivy;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class PinBesideWriterTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TantivyEngine _engine = new();

    [Theory]
    [InlineData(true, int.MaxValue)]
    [InlineData(true, 0)]
    [InlineData(false, int.MaxValue)]
    [InlineData(false, 0)]
    public async Task Every_snapshot_is_exactly_one_commit_however_fast_the_writer_is(bool withLock, int maxOpenFiles)
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 8, bytesPerFile: 300);
        if (!withLock)
            File.Delete(files.PathOf(".tantivy-meta.lock"));
        await using (var writer = new FastWriter(files))
        {
            int locked = 0;
            for (int i = 0; i < 40; i++)
            {
                await using var snapshot = await _engine.PinTestAsync(_directory.Path, new() { MaxOpenFiles = maxOpenFiles });
                snapshot.AssertGood();
                var meta = snapshot.Files.Single(file => file.Path == "meta.json");
                Assert.Equal(writer.DocumentsOf(snapshot.ReadAll(meta)), snapshot.Commit.Documents);
                Assert.True(withLock || snapshot.EngineLockHeld == TimeSpan.Zero);
                locked += snapshot.EngineLockHeld > TimeSpan.Zero ? 1 : 0;
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{locked} of 40 snapshots needed the lock");
        }

        Assert.Empty(Directory.EnumerateDirectories(_directory.Path));
    }

    [Fact]
    public async Task An_index_that_holds_still_is_pinned_without_its_lock()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(files.PathOf(".tantivy-meta.lock"), out var held));
        using (held)
        {
            await using var snapshot = await _engine.PinTestAsync(_directory.Path);
            snapshot.AssertGood();
            Assert.Equal(TimeSpan.Zero, snapshot.EngineLockHeld);
        }
    }

    [Fact]
    public async Task A_busy_lock_is_waited_for()
    {
        var files = CreateIncomplete(_directory.Path);
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(files.PathOf(".tantivy-meta.lock"), out var held));
        var pinning = _engine.PinTestAsync(_directory.Path).AsTask();
        Assert.False(pinning.IsCompleted);
        files.Restore();
        held!.Dispose();
        await using var snapshot = await pinning;
        Assert.True(snapshot.EngineLockHeld > TimeSpan.Zero);
        snapshot.AssertGood();
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(0)]
    public async Task Looking_at_an_index_beside_its_writer_finds_nothing_wrong(int maxOpenFiles)
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 8, bytesPerFile: 300);
        await using var writer = new FastWriter(files);
        for (int i = 0; i < 20; i++)
        {
            var inspector = new TantivyInspector(_directory.Path, null, maxOpenFiles);
            var inspection = await inspector.InspectAsync(readContent: true, TestContext.Current.CancellationToken);
            Assert.Empty(inspection.Problems);
            Assert.Equal(["0.25.0"], inspection.EngineVersions);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_index_that_vanishes_while_it_is_pinned_is_reported_as_such(bool wholeDirectory)
    {
        var files = CreateIncomplete(_directory.Combine("index"));
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(files.PathOf(".tantivy-meta.lock"), out var held));
        var pinning = _engine.PinTestAsync(files.Directory).AsTask();
        Assert.False(pinning.IsCompleted);
        if (wholeDirectory)
            Directory.Delete(files.Directory, recursive: true);
        else
            File.Delete(files.PathOf("meta.json"));
        held!.Dispose();
        var thrown = await Assert.ThrowsAsync<SegvaultException>(() => pinning);
        Assert.Equal(ErrorCode.IndexVanished, thrown.Code);
        Assert.Contains(files.Directory, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_that_stays_busy_is_gone_without()
    {
        var files = CreateIncomplete(_directory.Path);
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(4) };
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(files.PathOf(".tantivy-meta.lock"), out var held));
        using (held)
        {
            var pinning = _engine.PinTestAsync(_directory.Path, new() { TimeProvider = time }).AsTask();
            files.Restore();
            while (!pinning.IsCompleted)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }

            await using var snapshot = await pinning;
            Assert.Equal(TimeSpan.Zero, snapshot.EngineLockHeld);
            snapshot.AssertGood();
        }
    }

    [Fact]
    public async Task Giving_up_on_an_index_that_keeps_changing_is_a_clear_error()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        File.Delete(files.PathOf(".tantivy-meta.lock"));
        using var stop = new CancellationTokenSource();
        var changer = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                files.Opstamp++;
                files.WriteMeta();
            }
        }, CancellationToken.None);
        SegvaultException? thrown = null;
        for (int i = 0; i < 1000 && thrown is null; i++)
        {
            try
            {
                await (await _engine.PinTestAsync(_directory.Path, new() { MaxAttempts = 1 })).DisposeAsync();
            }
            catch (SegvaultException e)
            {
                thrown = e;
            }
        }

        await stop.CancelAsync();
        await changer;
        Assert.Equal(ErrorCode.PinFailed, thrown?.Code);
        Assert.True(thrown!.IsTransient);
        Assert.Contains(_directory.Path, thrown.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>An index whose first, lock-free capture must fail, because a file is away.</summary>
    private static IncompleteIndex CreateIncomplete(string directory)
    {
        var files = TantivyFiles.Create(directory, segments: 1);
        string away = files.PathOf(files.Segments[0].Id + ".pos");
        var index = new IncompleteIndex(files, away, File.ReadAllBytes(away));
        File.Delete(away);
        return index;
    }

    private sealed record IncompleteIndex(TantivyFiles Files, string Away, byte[] Content)
    {
        public string Directory => Files.Directory;

        public string PathOf(string name) => Files.PathOf(name);

        public void Restore() => File.WriteAllBytes(Away, Content);
    }
}
