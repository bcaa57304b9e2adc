using System.Globalization;
using Segvault.Engines;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Cli.Tests.Crashes;

/// <summary>
/// Every flush fails once, of every command that writes: .NET would hide that. None may say that all is well, and what was there stays whole.
/// </summary>
public sealed class FailedFlushes : IDisposable
{
    private readonly CrashBench _bench = new();
    private string _first = "";
    private DirectoryContent _before = new("");

    private string Index => _bench.Place("index");

    private string Repository => _bench.Place("repository");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_backup_does_not_succeed_and_harms_none()
    {
        await PrepareAsync();
        await SweepAsync(["backup", Index, "-r", Repository], EnsureWholeAsync);

        async Task EnsureWholeAsync(SegvaultRun run)
        {
            await CrashBench.MustAsync("verify", "--read-data", "-r", Repository);
            var backups = await CrashBench.ListAsync(Repository);
            Assert.InRange(backups.Count, 1, run.ExitCode == 0 || run.ErrorCode == ErrorCode.OutcomeUnknown ? 2 : 1);
            Assert.Equal(_before, await _bench.RestoreAsync("restore", _first, "-r", Repository));
            await CrashBench.MustAsync("backup", Index, "-r", Repository);
            Assert.Equal(DirectoryContent.Of(Index), await _bench.RestoreAsync("restore", "latest", "-r", Repository));
        }
    }

    [Theory]
    [InlineData("gc", "--grace", "0")]
    [InlineData("prune", "--keep-last", "1", "--gc", "--grace", "0")]
    public async Task A_removal_does_not_succeed_and_keeps_what_is_kept(params string[] command)
    {
        await PrepareAsync();
        await CrashBench.MustAsync("backup", Index, "-r", Repository);
        if (command[0] == "gc")
            await CrashBench.MustAsync("delete", _first, "-r", Repository);
        var kept = DirectoryContent.Of(Index);
        await SweepAsync([.. command, "-r", Repository], EnsureWholeAsync);

        async Task EnsureWholeAsync(SegvaultRun run)
        {
            await CrashBench.MustAsync("verify", "--read-data", "-r", Repository);
            await CrashBench.MustAsync([.. command, "-r", Repository]);
            Assert.Equal(kept, await _bench.RestoreAsync("restore", "latest", "-r", Repository));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restore_says_so_and_leaves_the_old_index_or_the_new_one(bool inPlace)
    {
        await PrepareAsync();
        Directory.Move(Repository, _bench.Aside());
        var (old, wanted) = (CrashBench.IndexIn(Index), DirectoryContent.Of(Index));
        string[] restore = ["restore", "latest", Index, "-r", _bench.Aside(), "--replace", .. inPlace ? (string[])["--in-place"] : []];
        await SweepAsync(restore, EnsureOldOrNewAsync);

        async Task EnsureOldOrNewAsync(SegvaultRun run)
        {
            if (inPlace)
            {
                await using var repository = await BackupRepository.CreateAsync(_bench.Place("settled"), Token);
                await new BackupManager(repository).CreateBackupAsync(IndexSource.Open(Index), cancellationToken: Token);
            }

            if (run.ExitCode != 0)
                Assert.Equal(old, CrashBench.IndexIn(Index));
            Assert.Equal(run.ExitCode == 0 ? _before : wanted, DirectoryContent.Of(Index));
            await CrashBench.MustAsync(restore);
            Assert.Equal(_before, DirectoryContent.Of(Index));
            Assert.Empty(await RestoreBench.FindProblemsAsync(Index, Token));
        }
    }

    [Fact]
    public async Task An_archive_is_not_said_to_be_there()
    {
        await PrepareAsync();
        var archives = _bench.Place("archives", "new");
        await SweepAsync(["archive", "create", Index, archives], EnsureWholeAsync);

        async Task EnsureWholeAsync(SegvaultRun run)
        {
            foreach (var archive in Directory.Exists(archives) ? Directory.GetFiles(archives) : [])
                await CrashBench.MustAsync("archive", "verify", archive);
            await CrashBench.MustAsync("archive", "create", Index, archives);
        }
    }

    /// <summary>One backup, and an index that has changed since.</summary>
    private async Task PrepareAsync()
    {
        KillSweep.RequireStrace();
        var index = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 300);
        _before = DirectoryContent.Of(index);
        await CrashBench.MustAsync("init", "-r", Repository);
        await CrashBench.MustAsync("backup", Index, "-r", Repository);
        _first = Assert.Single(await CrashBench.ListAsync(Repository));
        index.Change();
    }

    private async Task SweepAsync(string[] command, Func<SegvaultRun, Task> check)
    {
        _bench.Keep();
        var failures = 0;
        foreach (var error in TestBench.IsThorough ? (string[])["EIO", "ENOSPC"] : ["EIO"])
        {
            for (var count = 1; ; count++, failures++)
            {
                await _bench.ResetAsync();
                var (run, failed) = await RunAsync(command, error, count);
                if (failed is null)
                {
                    run.MustExit(0);
                    break;
                }

                try
                {
                    // An upload that could not be flushed is thrown away, and another one made in its place.
                    var thrownAway = Path.GetDirectoryName(failed) == Path.Combine(Repository, "tmp") && !File.Exists(failed);
                    Assert.True(
                        run.ExitCode != 0 || run.Out.Contains("Cannot flush", StringComparison.Ordinal) || thrownAway,
                        $"It said nothing, although {failed} was not flushed.");
                    await check(run);
                    RepositoryConsistency.AssertBelow(_bench.Place());
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"After {error} at flush {count}: {exception.Message}\n{run}", exception);
                }
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{failures} failed flushes of {command[0]}");
        Assert.InRange(failures, 2, 1000);
    }

    /// <summary>Runs the command and lets one flush fail; says of what, or null when there are not so many.</summary>
    private async Task<(SegvaultRun Run, string? Failed)> RunAsync(string[] command, string error, int count)
    {
        var trace = _bench.Place("trace");
        var injection = string.Create(CultureInfo.InvariantCulture, $"inject=fsync,fdatasync:error={error}:when={count}");
        var process = new SegvaultProcess
        {
            Through = ["strace", "-f", "-y", "-qq", "-o", trace, "-e", "trace=fsync,fdatasync", "-e", injection],
            Environment = KillSweep.OneThread,
        };
        var run = await process.CompleteAsync([.. command, "--json"]);
        var calls = await File.ReadAllLinesAsync(trace, Token);
        File.Delete(trace);
        Assert.DoesNotContain(calls, call => call.Contains("fdatasync", StringComparison.Ordinal));
        var failed = calls.FirstOrDefault(call => call.Contains("(INJECTED)", StringComparison.Ordinal));
        return (run, failed is null ? null : failed[(failed.IndexOf('<', StringComparison.Ordinal) + 1)..failed.LastIndexOf('>')]);
    }
}
