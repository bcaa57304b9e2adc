using System.Globalization;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Two commands at one index, and hooks that fail.</summary>
public sealed class BusyIndexes : BadInputTest
{
    public BusyIndexes() => SkipOnWindows();

    [Fact]
    public async Task The_second_command_names_the_first_and_waits_when_it_is_told_to()
    {
        TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        await MustAsync("backup", Index);
        var (pinned, goOn) = (PathOf("pinned"), PathOf("go-on"));
        using var first = new SegvaultProcess().Start(
            "backup", Index, "-r", Repository, "--json", "--full", "--pinned", $"touch '{pinned}'; until test -e '{goOn}'; do sleep 0.02; done");
        while (!File.Exists(pinned) && !first.HasExited)
        {
            await Task.Delay(10, Cancellation);
        }

        var holder = first.Id.ToString(CultureInfo.InvariantCulture);
        Assert.Contains(holder, await MessageAsync("backup", Index), StringComparison.Ordinal);
        Assert.Contains(holder, await MessageAsync("restore", "latest", Index, "--replace"), StringComparison.Ordinal);
        Assert.Contains(holder, await MessageAsync("backup", Index, "--wait", "1s"), StringComparison.Ordinal);

        var waiting = RunAsync("backup", Index, "--full", "--wait", "10m");
        await File.WriteAllTextAsync(goOn, "", Cancellation);
        (await first.WaitAsync()).MustExit(0);
        (await waiting).MustExit(0);

        async Task<string> MessageAsync(params IReadOnlyList<string> arguments)
        {
            var run = (await RunAsync(arguments)).MustExit(ExitCodes.Busy);
            Assert.Equal(ErrorCode.IndexLocked, run.ErrorCode);
            Assert.Contains("--wait", run.Last.GetProperty("hint").GetString()!, StringComparison.Ordinal);
            return run.Last.GetProperty("message").GetString()!;
        }
    }

    [Theory]
    [InlineData("--before")]
    [InlineData("--pinned")]
    public async Task A_hook_that_fails_leaves_nothing(string hook)
    {
        TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        await FailAsync(ExitCodes.Failed, ErrorCode.HookFailed, "status 9", "backup", Index, hook, "exit 9");
        await FailAsync(ExitCodes.Failed, ErrorCode.HookFailed, "no-such-command-anywhere", "backup", Index, hook, "exec 2>/dev/null; no-such-command-anywhere");
        await FailAsync(ExitCodes.Failed, ErrorCode.HookFailed, "kill -9", "backup", Index, hook, "kill -9 $$");

        // Where there is nothing to back up, no hook is run.
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, PathOf("nowhere"), "backup", PathOf("nowhere"), hook, $"touch '{PathOf("hook-ran")}'");
        Assert.Empty((await MustAsync("list")).GetProperty("backups").EnumerateArray());
    }
}
