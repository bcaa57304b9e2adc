using System.Collections.Concurrent;
using System.Text;
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
        var commits = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        commits[files.MakeMeta().ToJsonString()] = files.Documents;
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(() => WriteUntil(files, commits, stop.Token), CancellationToken.None);
        try
        {
            for (int i = 0; i < 40; i++)
            {
                await using var snapshot = await _engine.PinTestAsync(_directory.Path, new() { MaxOpenFiles = maxOpenFiles });
                snapshot.AssertGood();
                var meta = snapshot.Files.Single(file => file.Path == "meta.json");
                string state = System.Text.Json.Nodes.JsonNode.Parse(Encoding.UTF8.GetString(snapshot.ReadAll(meta)))!.ToJsonString();
                Assert.Equal(commits[state], snapshot.Commit.Documents);
                Assert.Equal(withLock, snapshot.EngineLockHeld > TimeSpan.Zero);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await writer;
        }

        Assert.True(commits.Count > 10, "The writer hardly wrote.");
        Assert.Empty(Directory.EnumerateDirectories(_directory.Path));
    }

    [Fact]
    public async Task A_busy_lock_is_waited_for()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(files.PathOf(".tantivy-meta.lock"), out var held));
        var pinning = _engine.PinTestAsync(_directory.Path).AsTask();
        Assert.False(pinning.IsCompleted);
        held!.Dispose();
        await using var snapshot = await pinning;
        Assert.True(snapshot.EngineLockHeld > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_lock_that_stays_busy_is_gone_without()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(4) };
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(files.PathOf(".tantivy-meta.lock"), out var held));
        using (held)
        {
            var pinning = _engine.PinTestAsync(_directory.Path, new() { TimeProvider = time }).AsTask();
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

    private static void WriteUntil(TantivyFiles files, ConcurrentDictionary<string, long> commits, CancellationToken stop)
    {
        var random = new Random(3);
        while (!stop.IsCancellationRequested)
        {
            files.AddSegment(random.Next(1, 50));
            files.AddDelete(files.Segments[random.Next(files.Segments.Count)]);
            if (files.Segments.Count > 8)
                files.RemoveSegment(files.Segments[random.Next(4)]);
            commits[files.MakeMeta().ToJsonString()] = files.Documents;
            files.WriteMeta();
            files.CollectGarbage();
        }
    }
}
