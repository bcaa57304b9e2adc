using Segvault.IO;
using Segvault.Restore;
using Segvault.Testing;
using Segvault.Tests.IO;
using Xunit;

namespace Segvault.Tests.Restore;

/// <summary>Restores that end early and in order: cancelled, or out of space.</summary>
public sealed class StoppedRestoreTests : IAsyncLifetime
{
    private const int Staged = 151;

    private readonly LogHooks _log = new();
    private RestoreBench _bench = null!;
    private BackupId _before;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RestoreBench.CreateAsync(Token, new BackupManagerOptions { LoggerFactory = _log });
        (_before, _) = await _bench.BackUpTwiceAsync(Token);
    }

    public ValueTask DisposeAsync()
    {
        _log.Dispose();
        return _bench.DisposeAsync();
    }

    [Theory]
    [InlineData("new", false, false)]
    [InlineData("index", false, false)]
    [InlineData("index", false, true)]
    [InlineData("index", true, false)]
    [InlineData("index", true, true)]
    public async Task A_cancelled_restore_leaves_everything_as_it_was(string name, bool inPlace, bool keepPrevious)
    {
        var target = name == "new" ? _bench.Combine("a", "b") : _bench.Index.Directory;
        var options = new RestoreOptions { IfTargetExists = IfTargetExists.Replace, InPlace = inPlace, KeepPrevious = keepPrevious };
        var before = DirectoryPicture.Contents(_bench.Root);
        var files = DirectoryPicture.Everything(_bench.Index.Directory);
        for (var moment = 0; moment < 8; moment++)
        {
            using var stop = new CancellationTokenSource();
            var reports = 0;
            var progress = new Reports(() =>
            {
                if (Interlocked.Increment(ref reports) == 2 * moment)
                    stop.Cancel();
            });
            if (moment == 0)
                await stop.CancelAsync();
            else if (moment == 7)
                _log.On(Staged, stop.Cancel);

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _bench.Manager.RestoreBackupAsync(_before, target, options, progress, stop.Token));

            Assert.Equal(before, DirectoryPicture.Contents(_bench.Root));
            Assert.Equal(files, DirectoryPicture.Everything(_bench.Index.Directory));
            Assert.True(keepPrevious || !Directory.Exists(_bench.Combine("a")));
        }

        await _bench.Manager.RestoreBackupAsync(_before, target, options, cancellationToken: Token);
        Assert.Empty(await RestoreBench.FindProblemsAsync(target, Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restore_cancelled_while_it_waits_for_readers_is_taken_back(bool inPlace)
    {
        var index = _bench.Index;
        var store = index.PathOf(index.Segments[0].Id + ".store");
        File.WriteAllBytes(store, [.. File.ReadAllBytes(store).Reverse()]);
        File.WriteAllText(index.PathOf("config.toml"), "mine");
        var before = DirectoryPicture.Everything(_bench.Index.Directory);
        using var stop = new CancellationTokenSource();
        Task<RestoreResult> restore;
        AdvisoryLock.TryAcquire(index.PathOf(".tantivy-meta.lock"), out var readers);
        using (readers)
        {
            restore = _bench.Manager.RestoreBackupAsync(
                _before, index.Directory, new() { IfTargetExists = IfTargetExists.Replace, InPlace = inPlace, KeepPrevious = true }, null, stop.Token);
            await WaitForReadersLockAsync(inPlace);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => restore);
        }

        Assert.Equal(before, DirectoryPicture.Everything(_bench.Index.Directory));
        Assert.Equal(["index", "repository"], Directory.EnumerateFileSystemEntries(_bench.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_writer_that_knows_nothing_of_locks_keeps_what_it_committed_meanwhile()
    {
        var index = _bench.Index;
        Task<RestoreResult> restore;
        AdvisoryLock.TryAcquire(index.PathOf(".tantivy-meta.lock"), out var readers);
        using (readers)
        {
            restore = _bench.ReplaceAsync(_before, index.Directory, new() { InPlace = true });
            await WaitForReadersLockAsync(inPlace: true);
            index.AddSegment(5);
            index.WriteMeta();
        }

        var failure = await Assert.ThrowsAsync<SegvaultException>(() => restore);

        Assert.Equal(ErrorCode.SourceChanged, failure.Code);
        var found = await Segvault.Engines.IndexEngines.Get("tantivy").InspectAsync(index.Directory, true, null, Token);
        Assert.Equal((index.Documents, 0), (found.Documents, found.Problems.Length));
        Assert.Empty(RestoreBench.FindLitter(index.Directory));
    }

    [LinuxTheory("Uses commands of Linux.")]
    [InlineData("sub/new", 40, ErrorCode.NotEnoughSpace)]
    [InlineData("sub/new", 90, null)]
    public async Task Without_enough_space_nothing_is_left_behind(string target, int kibibytes, string? refusal)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount.");
        var mount = Directory.CreateDirectory(_bench.Combine("mount")).FullName;
        Assert.SkipUnless(ShellProcess.Run("mount -t tmpfs -o size=$2k none \"$1\"", mount, $"{kibibytes}") == 0, "Nothing can be mounted here.");
        try
        {
            if (refusal is not null)
            {
                var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.Manager.RestoreBackupAsync(_before, Path.Combine(mount, target), cancellationToken: Token));
                Assert.Equal(refusal, refused.Code);
            }
            else
            {
                // Somebody else takes the space after the plan was made.
                var taken = 0;
                var progress = new Reports(() =>
                {
                    if (Interlocked.Exchange(ref taken, 1) == 0)
                        ShellProcess.Run("head -c 200k /dev/zero > \"$1/taken\"", mount);
                });
                var failure = await Assert.ThrowsAnyAsync<IOException>(() => _bench.Manager.RestoreBackupAsync(_before, Path.Combine(mount, target), null, progress, Token));
                Assert.True(Segvault.IO.Native.NativeError.IsDiskFull(failure), $"{failure.HResult:x}: {failure.Message}");
                File.Delete(Path.Combine(mount, "taken"));
            }

            Assert.Empty(Directory.EnumerateFileSystemEntries(mount));
        }
        finally
        {
            ShellProcess.Run("umount -l \"$1\"", mount);
        }
    }

    /// <summary>By then everything is prepared, and with a restore in place the new files are beside the old ones.</summary>
    private async Task WaitForReadersLockAsync(bool inPlace)
    {
        bool IsWaiting() => inPlace || OperatingSystem.IsWindows()
            ? File.Exists(Path.Combine(InPlaceJournal.OldIn(_bench.Index.Directory), ".managed.json")) && File.Exists(_bench.Index.PathOf(".managed.json"))
                && !File.Exists(Path.Combine(InPlaceJournal.PathIn(_bench.Index.Directory), "managed.json.new"))
            : Directory.EnumerateDirectories(_bench.Root, ".index.segvault-restore-*").Any(staging => File.Exists(Path.Combine(staging, "config.toml")));
        while (!IsWaiting())
            await Task.Delay(5, Token);
    }

    private sealed class Reports(Action report) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value) => report();
    }
}
