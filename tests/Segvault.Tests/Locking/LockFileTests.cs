using System.Text.Json;
using Medallion.Threading;
using Microsoft.Extensions.Time.Testing;
using Segvault.IO;
using Segvault.Locking;
using Segvault.Testing;
using Segvault.Tests.IO;
using Xunit;

namespace Segvault.Tests.Locking;

public sealed class LockFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string File => _directory.Combine(LockFileProvider.FileName);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_held_lock_cannot_be_taken_again_and_a_released_one_leaves_nothing()
    {
        IDistributedLock index = Create();
        await using (await index.AcquireAsync(cancellationToken: Cancellation))
        {
            Assert.True(System.IO.File.Exists(File));
            Assert.Null(await index.TryAcquireAsync(cancellationToken: Cancellation));
            Assert.Null(Create().TryAcquire(TimeSpan.FromMilliseconds(60), Cancellation));
        }

        using (index.Acquire(cancellationToken: Cancellation))
            Assert.Null(index.TryAcquire(cancellationToken: Cancellation));
        if (!OperatingSystem.IsWindows())
            Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task Waiting_too_long_throws_and_says_who_holds_the_lock()
    {
        using IDistributedSynchronizationHandle held = Create().Acquire(cancellationToken: Cancellation);

        var e = Assert.Throws<TimeoutException>(() => Create().Acquire(TimeSpan.Zero, Cancellation));
        await Assert.ThrowsAsync<TimeoutException>(async () => await Create().AcquireAsync(TimeSpan.FromMilliseconds(1), Cancellation));

        Assert.Contains($"process {Environment.ProcessId} ", e.Message, StringComparison.Ordinal);
        Assert.Contains(_directory.Path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_waiting_caller_gets_the_lock_when_it_is_released()
    {
        IDistributedSynchronizationHandle held = Create().Acquire(cancellationToken: Cancellation);
        Task<IDistributedSynchronizationHandle> waiting = Create().AcquireAsync(cancellationToken: Cancellation).AsTask();
        Assert.False(waiting.IsCompleted);

        await held.DisposeAsync();

        await (await waiting).DisposeAsync();
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using IDistributedSynchronizationHandle held = Create().Acquire(cancellationToken: Cancellation);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task waiting = Create().AcquireAsync(cancellationToken: source.Token).AsTask();
        Task blocking = Task.Run(() => Create().Acquire(cancellationToken: source.Token), Cancellation);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => blocking);
    }

    [Fact]
    public void A_negative_time_to_wait_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Create().TryAcquire(TimeSpan.FromSeconds(-2), Cancellation));

    [Fact]
    public async Task Of_many_who_create_and_delete_the_file_at_once_only_one_is_inside()
    {
        int inside = 0;
        int entered = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(Compete, TaskCreationOptions.LongRunning)));

        Assert.True(entered > 0);

        void Compete()
        {
            for (int round = 0; round < 500; round++)
            {
                using IDistributedSynchronizationHandle? handle = Create().TryAcquire(cancellationToken: Cancellation);
                if (handle is null)
                    continue;
                Assert.Equal(1, Interlocked.Increment(ref inside));
                Interlocked.Increment(ref entered);
                Assert.True(((LockFileHandle)handle).IsStillHeld);
                Interlocked.Decrement(ref inside);
            }
        }
    }

    [LinuxFact("Uses commands of Linux.")]
    public void Another_process_sees_the_lock_and_its_holder()
    {
        using IDistributedSynchronizationHandle held = Create().Acquire(cancellationToken: Cancellation);

        Assert.Equal(7, ShellProcess.Run("""flock --nonblock --conflict-exit-code 7 "$1" true""", File));
        Assert.Equal(0, ShellProcess.Run("""grep --quiet --line-regexp "{.*\"pid\":$2,.*}" "$1" """, File, Environment.ProcessId.ToString()));
    }

    [LinuxFact("Uses commands of Linux.")]
    public void The_lock_of_a_killed_process_is_free_although_its_file_stays()
    {
        const string Hold = """exec 9>"$1" && flock 9 && echo '{"host":"web1","pid":42,"process":"other","acquiredAt":"2026-11-23T01:02:03Z"}' >&9 && echo ready && exec cat""";
        using var other = ShellProcess.Start(Hold, File);
        Assert.Null(Create().TryAcquire(cancellationToken: Cancellation));
        Assert.Equal("process 42 (other) on host web1 since 2026-11-23T01:02:03Z", LockFileProvider.DescribeHolder(File));

        other.Kill();

        Assert.True(System.IO.File.Exists(File));
        using IDistributedSynchronizationHandle? mine = Create().TryAcquire(cancellationToken: Cancellation);
        Assert.Contains($"process {Environment.ProcessId} ", LockFileProvider.DescribeHolder(File), StringComparison.Ordinal);
    }

    [LinuxFact("Uses commands of Linux.")]
    public async Task Who_waits_for_a_file_that_is_replaced_locks_the_new_one()
    {
        using var other = ShellProcess.Start("""exec 9>"$1" && flock 9 && echo ready && exec cat""", File);
        Task<IDistributedSynchronizationHandle> waiting = Create().AcquireAsync(cancellationToken: Cancellation).AsTask();
        await System.IO.File.WriteAllTextAsync(_directory.Combine("new"), "", Cancellation);

        AtomicRename.Replace(_directory.Combine("new"), File);

        await using IDistributedSynchronizationHandle mine = await waiting;
        Assert.True(((LockFileHandle)mine).IsStillHeld);
        Assert.Null(Create().TryAcquire(cancellationToken: Cancellation));
    }

    [UnixFact("Directories cannot be exchanged on Windows.")]
    public async Task A_lock_linked_into_a_directory_that_is_exchanged_stays_held_and_is_deleted_there()
    {
        Assert.SkipUnless(AtomicRename.CanExchange(_directory.Combine("probe.1"), _directory.Combine("probe.2")), "This file system cannot exchange names.");
        string live = _directory.CreateDirectory("live");
        string staged = _directory.CreateDirectory("staged");
        var held = (LockFileHandle)await Create(live).AcquireAsync(cancellationToken: Cancellation);
        Assert.True(FileLinks.TryHardLink(held.Path, Path.Combine(staged, LockFileProvider.FileName)));

        Assert.True(AtomicRename.TryExchange(live, staged));

        Assert.True(held.IsStillHeld);
        Assert.Null(await Create(live).TryAcquireAsync(cancellationToken: Cancellation));
        await held.DisposeAsync();
        Assert.Empty(Directory.GetFileSystemEntries(live));
        Assert.True(System.IO.File.Exists(Path.Combine(staged, LockFileProvider.FileName)));
    }

    [UnixFact("A file that is open stays in the way there.")]
    public void A_lock_whose_file_is_deleted_is_lost_and_leaves_the_next_holder_alone()
    {
        var clock = new FakeTimeProvider();
        using var held = (LockFileHandle)Create(_directory.Path, clock).Acquire(cancellationToken: Cancellation);
        CancellationToken lost = held.HandleLostToken;
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.False(lost.IsCancellationRequested);

        System.IO.File.Delete(File);
        using var next = (LockFileHandle)Create().Acquire(cancellationToken: Cancellation);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.False(lost.IsCancellationRequested);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(lost.IsCancellationRequested);

        held.Dispose();
        Assert.True(next.IsStillHeld);
        Assert.Throws<ObjectDisposedException>(() => held.HandleLostToken);
    }

    [Fact]
    public void The_holder_is_one_line_of_json_with_times_in_utc()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 1, 2, 3, 456, TimeSpan.Zero));
        using IDistributedSynchronizationHandle held = Create(_directory.Path, clock).Acquire(cancellationToken: Cancellation);
        using var file = SourceFile.OpenRead(File);
        var content = new byte[1000];
        string line = System.Text.Encoding.UTF8.GetString(content, 0, RandomAccess.Read(file, content, 0));

        JsonElement holder = JsonDocument.Parse(line).RootElement;

        Assert.EndsWith("}\n", line, StringComparison.Ordinal);
        Assert.Equal(["host", "pid", "process", "startedAt", "acquiredAt"], holder.EnumerateObject().Select(p => p.Name));
        Assert.Equal("2026-11-23T01:02:03+00:00", holder.GetProperty("acquiredAt").GetString());
        Assert.EndsWith("since 2026-11-23T01:02:03Z", LockFileProvider.DescribeHolder(File), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("not json\n")]
    [InlineData("{\"host\":null,\"pid\":1,\"acquiredAt\":\"2026-11-23T01:02:03Z\"}\n")]
    [InlineData("{\"host\":\"a\",\"pid\":1}\n")]
    public void A_file_that_says_nothing_sensible_describes_nobody(string content)
    {
        System.IO.File.WriteAllText(File, content);

        Assert.Null(LockFileProvider.DescribeHolder(File));
    }

    [Fact]
    public void A_lock_that_cannot_be_made_is_unavailable_and_not_busy()
    {
        System.IO.File.WriteAllText(_directory.Combine("file"), "");

        Assert.Throws<LockUnavailableException>(() => Create(_directory.Combine("none")).TryAcquire(cancellationToken: Cancellation));
        Assert.Throws<LockUnavailableException>(() => Create(_directory.Combine("file")).TryAcquire(cancellationToken: Cancellation));
        Assert.Throws<LockUnavailableException>(() => Create(_directory.Combine("file")).Acquire(cancellationToken: Cancellation));
    }

    [LinuxFact("Looks at /proc.")]
    public void A_directory_that_cannot_be_written_makes_the_lock_unavailable()
    {
        Assert.Throws<LockUnavailableException>(() => Create("/proc").TryAcquire(cancellationToken: Cancellation));
    }

    private IDistributedLock Create() => Create(_directory.Path);

    private static IDistributedLock Create(string directory, TimeProvider? clock = null) =>
        new LockFileProvider { TimeProvider = clock ?? TimeProvider.System }.CreateLock(directory);
}
