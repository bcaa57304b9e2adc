using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Segvault.Backup;
using Segvault.Engines;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Backup;

/// <summary>A limit keeps reading down to a rate, and no further down.</summary>
public sealed class PaceTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Reading_keeps_the_rate_whatever_the_parts_and_how_late_timers_are()
    {
        var time = new FakeTimeProvider();
        var pace = new Pace(1_000_000, time);
        var start = time.GetTimestamp();
        foreach (var part in (int[])[1_000, 262_144, 7, 3_000_000, 600_000, .. Enumerable.Repeat(10_000, 600)])
            Read(pace, part, time);
        Assert.InRange(time.GetElapsedTime(start).TotalSeconds, 9.8, 10.2);
    }

    [Fact]
    public void Time_in_which_nothing_was_read_is_not_made_up_for()
    {
        var time = new FakeTimeProvider();
        var pace = new Pace(1_000_000, time);
        Read(pace, 500_000, time);
        time.Advance(TimeSpan.FromHours(1));
        var start = time.GetTimestamp();
        Read(pace, 2_000_000, time);
        Assert.InRange(time.GetElapsedTime(start).TotalSeconds, 1.8, 2.2);
    }

    /// <summary>Only the lower bound is asked for, which no computer can miss by being slow.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_backup_with_a_limit_takes_its_time(bool rehash)
    {
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 0);
        index.AddSegment(100, new byte[400_000]);
        index.WriteMeta();
        if (rehash)
            await bench.BackUpAsync(index.Directory);
        var start = Stopwatch.GetTimestamp();
        await new BackupManager(bench.Repository).CreateBackupAsync(IndexSource.Open(index.Directory), new() { BytesPerSecond = 1_000_000, Rehash = rehash }, cancellationToken: Token);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0.25, double.MaxValue);
    }

    [Fact]
    public async Task A_backup_that_waits_can_be_stopped()
    {
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        stop.CancelAfter(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new BackupManager(bench.Repository).CreateBackupAsync(IndexSource.Open(index.Directory), new() { BytesPerSecond = 1 }, cancellationToken: stop.Token));
    }

    private static void Read(Pace pace, int bytes, FakeTimeProvider time)
    {
        var wait = pace.AfterAsync(bytes, Token);
        while (!wait.IsCompleted)
            time.Advance(TimeSpan.FromMilliseconds(15));
    }
}
