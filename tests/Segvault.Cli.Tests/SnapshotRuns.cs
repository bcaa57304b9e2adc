using System.Diagnostics;
using System.Text.Json;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>Snapshots as a script makes them: real processes, real commands after <c>--run</c>.</summary>
public sealed class SnapshotRuns : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TantivyFiles _files;

    public SnapshotRuns()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "These commands are written for /bin/sh.");
        _files = TantivyFiles.Create(Index);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Index => _directory.Combine("products");

    private string Place => _directory.Combine("a copy");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_snapshot_stays_and_holds_the_commit()
    {
        var made = (await RunAsync()).MustExit(0).Summary;

        Assert.Equal((Index, Place, false), (made.GetProperty("index").GetString(), made.GetProperty("snapshot").GetString(), made.GetProperty("removed").GetBoolean()));
        Assert.Equal((_files.Documents, 3, _files.LiveFiles.Count), (Int(made, "documents"), Int(made, "segments"), Int(made, "files")));
        Assert.Equal(Int(made, "files"), Int(made, "linked") + Int(made, "cloned") + Int(made, "copied"));
        Assert.Equal(DirectoryContent.Of(_files), DirectoryContent.Of(Place));
        Assert.Equal([Place, Index], Entries());
        (await RunAsync()).MustExit(ExitCodes.Refused);
    }

    [Fact]
    public async Task A_command_finds_the_snapshot_in_its_environment_and_it_is_removed_afterwards()
    {
        var seen = _directory.Combine("seen");

        var made = (await RunAsync("--run", $"ls \"$SEGVAULT_SNAPSHOT\" > '{seen}'; echo this goes to standard error")).MustExit(0);

        Assert.Equal("this goes to standard error\n", made.Error);
        Assert.True(made.Summary.GetProperty("removed").GetBoolean());
        Assert.Equal(_files.LiveFiles, await File.ReadAllLinesAsync(seen, Token));
        Assert.Equal([Index, seen], Entries());
    }

    [Fact]
    public async Task A_command_that_fails_is_an_error_and_the_snapshot_is_removed()
    {
        var failed = (await RunAsync("--run", "test -e \"$SEGVAULT_SNAPSHOT/meta.json\" && exit 3")).MustExit(ExitCodes.Failed);

        Assert.Equal(ErrorCode.HookFailed, failed.ErrorCode);
        Assert.Contains("exit status 3", failed.Last.GetProperty("message").GetString()!, StringComparison.Ordinal);
        Assert.Equal([Index], Entries());
    }

    [Fact]
    public async Task What_commits_before_is_in_it_and_when_that_fails_nothing_is_made()
    {
        var extra = _directory.Combine("before");
        (await RunAsync("--before", $"touch '{extra}'", "--run", $"test -e '{extra}'")).MustExit(0);
        File.Delete(extra);

        var failed = (await RunAsync("--before", "exit 9", "--run", $"touch '{extra}'")).MustExit(ExitCodes.Failed);

        Assert.Contains("No snapshot was made", failed.Last.GetProperty("hint").GetString()!, StringComparison.Ordinal);
        Assert.Equal([Index], Entries());
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task An_interruption_reaches_the_command_and_the_snapshot_is_removed(string signal)
    {
        var child = _directory.Combine("child");
        using var running = Start($"echo $$ > '{child}.new'; mv '{child}.new' '{child}'; sleep 600");
        await WaitForAsync(child, running);
        Assert.True(Directory.Exists(Place));

        await running.SignalAsync(signal);

        Assert.Equal(CliErrorCode.Interrupted, (await running.WaitAsync()).MustExit(ExitCodes.Interrupted).ErrorCode);
        Assert.Equal([child, Index], Entries().Order(StringComparer.Ordinal));
        Assert.False(IsAlive(int.Parse(await File.ReadAllTextAsync(child, Token))));
    }

    [Fact]
    public async Task What_a_killed_run_leaves_is_removed_by_the_next()
    {
        var child = _directory.Combine("child");
        using (var running = Start($"echo $$ > '{child}.new'; mv '{child}.new' '{child}'; exec sleep 600 >&- 2>&-"))
        {
            await WaitForAsync(child, running);
            await running.SignalAsync("KILL");
            await running.WaitAsync();
        }

        using (var orphan = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(child, Token))))
            orphan.Kill();
        File.Delete(child);
        Assert.True(Directory.Exists(Place));

        var next = (await RunAsync("--run", "test -e \"$SEGVAULT_SNAPSHOT/meta.json\"")).MustExit(0);

        Assert.Contains(next.Lines, line => line.GetProperty("type").GetString() == "warning" && line.GetProperty("code").GetString() == ErrorCode.LeftoverFound);
        Assert.Equal([Index], Entries());
    }

    [Fact]
    public async Task A_damaged_index_is_refused_or_named()
    {
        var lost = _files.LiveFiles[0];
        File.Delete(_files.PathOf(lost));

        Assert.Equal(ErrorCode.SourceDamaged, (await RunAsync()).MustExit(ExitCodes.Refused).ErrorCode);
        Assert.Equal([Index], Entries());

        var made = (await RunAsync("--allow-damaged")).MustExit(ExitCodes.Incomplete).Summary;
        Assert.Equal(lost, Assert.Single(made.GetProperty("damagedFiles").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task Quiet_is_silent_and_people_are_told_what_links_are()
    {
        var quiet = (await SegvaultProcess.RunAsync("snapshot", Index, Place, "--quiet")).MustExit(0);
        Assert.Equal("", quiet.Out + quiet.Error);
        Directory.Delete(Place, recursive: true);

        var told = (await SegvaultProcess.RunAsync("snapshot", Index, Place)).MustExit(0);
        Assert.Equal("", told.Out);
        Assert.Contains("300 documents in 3 segments, 19 files", told.Error, StringComparison.Ordinal);
        if (told.Error.Contains("linked", StringComparison.Ordinal))
            Assert.Contains("change nothing in them", told.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_lock_files_of_the_engine_are_neither_opened_nor_linked()
    {
        TestBench.Require(TestBench.FindProgram("strace") is not null, "strace is not installed: it shows which files a process opens");
        var trace = _directory.Combine("trace");

        var process = new SegvaultProcess { Through = ["strace", "-f", "-y", "-qq", "-s", "4096", "-o", trace, "-e", "trace=open,openat,link,linkat"] };
        (await process.CompleteAsync("snapshot", Index, Place, "--quiet")).MustExit(0);

        var calls = await File.ReadAllTextAsync(trace, Token);
        Assert.Contains("meta.json", calls, StringComparison.Ordinal);
        Assert.DoesNotContain(".tantivy-", calls, StringComparison.Ordinal);
    }

    private static long Int(JsonElement summary, string name) => summary.GetProperty(name).GetInt64();

    private static async Task WaitForAsync(string file, RunningSegvault running)
    {
        while (!File.Exists(file))
        {
            Assert.False(running.HasExited);
            await Task.Delay(10, Token);
        }
    }

    private static bool IsAlive(int process) =>
        File.Exists($"/proc/{process}/stat") && !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);

    private IEnumerable<string> Entries() => Directory.GetFileSystemEntries(_directory.Path).Order(StringComparer.Ordinal);

    private RunningSegvault Start(string command) => new SegvaultProcess().Start("snapshot", Index, Place, "--json", "--run", command);

    private Task<SegvaultRun> RunAsync(params IReadOnlyList<string> arguments) => SegvaultProcess.RunAsync(["snapshot", Index, Place, "--json", .. arguments]);
}
