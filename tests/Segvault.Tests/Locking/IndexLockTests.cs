using System.Collections.Concurrent;
using Medallion.Threading;
using Segvault.Engines;
using Segvault.Locking;
using Segvault.Testing;
using Segvault.Tests.IO;
using Xunit;

namespace Segvault.Tests.Locking;

public sealed class IndexLockTests : IAsyncDisposable
{
    private const int RestoreStaged = 151;

    private readonly FakeProvider _provider = new();
    private readonly LogHooks _log = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _log.Dispose();
        return default;
    }

    [SymbolicLinkFact]
    public async Task A_provider_is_asked_for_the_real_path_of_the_index_or_for_the_name_given()
    {
        await using var bench = await CreateAsync();
        var backup = await bench.BackUpAsync(Token);
        Directory.CreateSymbolicLink(bench.Combine("link"), "index");

        await bench.Manager.CreateBackupAsync(IndexSource.Open(bench.Combine("link")), new() { Name = "index" }, cancellationToken: Token);
        await bench.ReplaceAsync(backup, bench.Combine("link"));
        await bench.Manager.RestoreBackupAsync(backup, bench.Combine("new"), cancellationToken: Token);
        await bench.Manager.CreateBackupAsync(IndexSource.Open(bench.Index.Directory), new() { Name = "index", LockName = "orders" }, cancellationToken: Token);
        await bench.ReplaceAsync(backup, bench.Index.Directory, new() { LockName = "orders" });

        var index = bench.Index.Directory;
        Assert.Equal([index, index, index, bench.Combine("new"), "orders", "orders"], _provider.Taken);
        Assert.Empty(_provider.Held);
        Assert.False(File.Exists(bench.Combine("new", ".segvault.lock")));
    }

    [Fact]
    public async Task A_lock_that_somebody_else_holds_is_busy_until_it_is_let_go()
    {
        await using var bench = await CreateAsync();
        var backup = await bench.BackUpAsync(Token);
        _provider.Held.TryAdd(bench.Index.Directory, true);

        var busy = await Assert.ThrowsAsync<IndexBusyException>(() => bench.ReplaceAsync(backup, bench.Index.Directory));
        Assert.Equal(ErrorCode.IndexLocked, busy.Code);

        var waiting = bench.ReplaceAsync(backup, bench.Index.Directory, new() { Wait = Timeout.InfiniteTimeSpan });
        await _provider.Waiting.Task;
        _provider.Held.Clear();
        await waiting;
    }

    [Fact]
    public async Task A_backup_whose_lock_is_lost_stops_and_records_nothing()
    {
        await using var bench = await CreateAsync();
        await bench.BackUpAsync(Token);
        bench.ChangeIndex();
        var before = DirectoryPicture.Contents(bench.Combine("repository"));
        var source = IndexSource.Open(bench.Index.Directory) with
        {
            PinnedAsync = _ =>
            {
                _provider.Lose();
                return default;
            },
        };

        var lost = await Assert.ThrowsAsync<SegvaultException>(() => bench.Manager.CreateBackupAsync(source, new() { Name = "index" }, cancellationToken: Token));

        Assert.Equal(ErrorCode.LockLost, lost.Code);
        Assert.Equal(before, DirectoryPicture.Contents(bench.Combine("repository")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(bench.Index.Directory, ".segvault*"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restore_whose_lock_is_lost_stops_and_replaces_nothing(bool inPlace)
    {
        await using var bench = await CreateAsync();
        var (backup, _) = await bench.BackUpTwiceAsync(Token);
        var before = DirectoryPicture.Everything(bench.Index.Directory);
        _log.On(RestoreStaged, _provider.Lose);

        var lost = await Assert.ThrowsAsync<SegvaultException>(() => bench.ReplaceAsync(backup, bench.Index.Directory, new() { InPlace = inPlace, KeepPrevious = true }));

        Assert.Equal(ErrorCode.LockLost, lost.Code);
        Assert.True(lost.IsTransient);
        Assert.Equal(before, DirectoryPicture.Everything(bench.Index.Directory));
        Assert.Equal(["index", "repository"], Directory.EnumerateFileSystemEntries(bench.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_user_who_cancels_is_not_told_that_a_lock_was_lost()
    {
        await using var bench = await CreateAsync();
        var backup = await bench.BackUpAsync(Token);
        using var stop = new CancellationTokenSource();
        _log.On(RestoreStaged, stop.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => bench.Manager.RestoreBackupAsync(backup, bench.Index.Directory, new() { IfTargetExists = IfTargetExists.Replace }, null, stop.Token));
    }

    [LinuxFact("Uses commands of Linux.")]
    public async Task The_lock_file_is_deleted_afterwards_and_the_lock_of_a_killed_process_is_free_at_once()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);
        var path = bench.Index.PathOf(".segvault.lock");
        Assert.False(File.Exists(path));

        var holder = ShellProcess.Start("exec flock -n \"$1\" sh -c 'echo ready; exec cat'", path);
        await Assert.ThrowsAsync<IndexBusyException>(() => bench.ReplaceAsync(backup, bench.Index.Directory));
        holder.Dispose();
        ShellProcess.Run("flock \"$1\" true", path);

        await bench.ReplaceAsync(backup, bench.Index.Directory);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task The_holder_of_a_lock_in_another_directory_is_named_too()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var locks = new LockFileProvider(bench.Combine("locks"));
        await using var held = await IndexLock.AcquireAsync(locks, "/x/index", null, TimeSpan.Zero, false, Token);

        var busy = await Assert.ThrowsAsync<IndexBusyException>(() => IndexLock.AcquireAsync(locks, "/x/index", null, TimeSpan.Zero, false, Token));

        Assert.Contains($"process {Environment.ProcessId} ", busy.Holder, StringComparison.Ordinal);
    }

    [LinuxFact("Uses a directory where nobody can make files.")]
    public async Task A_directory_that_cannot_be_written_is_gone_without_by_a_backup_only_and_only_when_no_lock_was_asked_for()
    {
        const string Unwritable = "/proc/self";

        await using (var without = await IndexLock.AcquireAsync(null, Unwritable, null, TimeSpan.Zero, true, Token))
            Assert.False(without.IsHeld);
        await Assert.ThrowsAsync<SegvaultException>(() => IndexLock.AcquireAsync(null, Unwritable, null, TimeSpan.Zero, false, Token));
        await Assert.ThrowsAsync<SegvaultException>(
            () => IndexLock.AcquireAsync(new LockFileProvider("/proc/self/none"), "/x", null, TimeSpan.Zero, true, Token));
    }

    [LinuxFact("Uses commands of Linux.")]
    public async Task A_backup_from_a_read_only_mount_goes_on_and_says_that_it_is_not_locked()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount.");
        await using var bench = await RestoreBench.CreateAsync(Token);
        var mount = Directory.CreateDirectory(bench.Combine("mount")).FullName;
        Assert.SkipUnless(ShellProcess.Run("mount --bind \"$1\" \"$2\" && mount -o remount,bind,ro \"$2\"", bench.Index.Directory, mount) == 0, "Nothing can be mounted here.");
        try
        {
            var result = await bench.Manager.CreateBackupAsync(IndexSource.Open(mount), new() { Name = "index" }, cancellationToken: Token);

            Assert.False(result.Locked);
            Assert.Contains(result.Warnings, warning => warning.Code == ErrorCode.NotLocked);
            await bench.Manager.RestoreBackupAsync(result.Backup.Id, bench.Combine("new"), cancellationToken: Token);
            Assert.Empty(await RestoreBench.FindProblemsAsync(bench.Combine("new"), Token));
        }
        finally
        {
            ShellProcess.Run("umount -l \"$1\"", mount);
        }
    }

    private Task<RestoreBench> CreateAsync() => RestoreBench.CreateAsync(Token, new BackupManagerOptions { LockProvider = _provider, LoggerFactory = _log });

    /// <summary>Locks that are names in a dictionary, and that can be lost.</summary>
    private sealed class FakeProvider : IDistributedLockProvider
    {
        private CancellationTokenSource _lost = new();

        public ConcurrentQueue<string> Taken { get; } = [];

        public ConcurrentDictionary<string, bool> Held { get; } = new(StringComparer.Ordinal);

        public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Lose() => _lost.Cancel();

        public IDistributedLock CreateLock(string name) => new FakeLock(this, name);

        private sealed class FakeLock(FakeProvider provider, string name) : IDistributedLock
        {
            public string Name => name;

            public IDistributedSynchronizationHandle Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

            public IDistributedSynchronizationHandle? TryAcquire(TimeSpan timeout = default, CancellationToken cancellationToken = default) => throw new NotSupportedException();

            public ValueTask<IDistributedSynchronizationHandle> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

            public async ValueTask<IDistributedSynchronizationHandle?> TryAcquireAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default)
            {
                while (!provider.Held.TryAdd(name, true))
                {
                    if (timeout == TimeSpan.Zero)
                        return null;
                    provider.Waiting.TrySetResult();
                    await Task.Delay(1, cancellationToken);
                }

                provider.Taken.Enqueue(name);
                provider._lost = new CancellationTokenSource();
                return new FakeHandle(provider, name);
            }
        }

        private sealed class FakeHandle(FakeProvider provider, string name) : IDistributedSynchronizationHandle
        {
            public CancellationToken HandleLostToken => provider._lost.Token;

            public void Dispose() => provider.Held.TryRemove(name, out _);

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }
}
