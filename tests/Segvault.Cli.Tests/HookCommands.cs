using System.Diagnostics;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

public sealed class HookCommands : IDisposable
{
    private readonly TempDirectory _directory = new();

    public HookCommands() => Assert.SkipWhen(OperatingSystem.IsWindows(), "These hooks are written for /bin/sh.");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_hook_runs_in_a_shell_to_its_end()
    {
        var file = _directory.Combine("a file");

        await Hooks.RunAsync(Command("--before", $"echo one > '{file}' && echo two >> '{file}'"), CancellationToken.None);

        Assert.Equal("one\ntwo\n", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_hook_that_fails_is_an_error_that_names_option_status_and_command()
    {
        var failed = await Assert.ThrowsAsync<SegvaultException>(async () => await Hooks.RunAsync(Command("--pinned", "exit 7"), CancellationToken.None));

        Assert.Equal(ErrorCode.HookFailed, failed.Code);
        Assert.Contains("--pinned", failed.Message, StringComparison.Ordinal);
        Assert.Contains("7", failed.Message, StringComparison.Ordinal);
        Assert.Contains("exit 7", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hook_that_does_not_exist_is_an_error()
    {
        var failed = await Assert.ThrowsAsync<SegvaultException>(
            async () => await Hooks.RunAsync(Command("--before", "no-such-command-anywhere 2>/dev/null"), CancellationToken.None));

        Assert.Equal(ErrorCode.HookFailed, failed.Code);
    }

    [Fact]
    public async Task A_hook_is_killed_with_all_it_started_when_the_backup_is_interrupted()
    {
        var started = _directory.Combine("started");
        using var interrupted = new CancellationTokenSource();

        var hook = Hooks.RunAsync(Command("--before", $"sleep 600 & echo $! > '{started}.new' && mv '{started}.new' '{started}' && wait"), interrupted.Token).AsTask();
        while (!File.Exists(started))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var child = int.Parse(await File.ReadAllTextAsync(started, TestContext.Current.CancellationToken));
        await interrupted.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hook);

        await WaitUntilGoneAsync(child);
    }

    [Fact]
    public async Task A_hook_is_not_started_when_the_backup_was_interrupted_before()
    {
        var file = _directory.Combine("file");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Hooks.RunAsync(Command("--before", $"touch '{file}'"), new CancellationToken(canceled: true)));

        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task A_process_that_a_hook_leaves_behind_holds_nothing_up()
    {
        var file = _directory.Combine("pid");

        await Hooks.RunAsync(Command("--before", $"sleep 600 & echo $! > '{file}'"), CancellationToken.None);

        using var left = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)));
        Assert.False(left.HasExited);
        left.Kill();
    }

    [Fact]
    public async Task A_hook_finds_the_variables_it_is_given_and_says_what_its_failure_means()
    {
        var hook = new HookCommand("--run", "test \"$WHERE\" = '/a b' && exit 5", "The snapshot was removed.")
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["WHERE"] = "/a b" },
        };

        var failed = await Assert.ThrowsAsync<SegvaultException>(async () => await Hooks.RunAsync(hook, CancellationToken.None));

        Assert.Contains("exit status 5", failed.Message, StringComparison.Ordinal);
        Assert.StartsWith("The snapshot was removed.", failed.Hint, StringComparison.Ordinal);
    }

    private static HookCommand Command(string option, string command) => new(option, command, "Nothing was backed up.");

    private static async Task WaitUntilGoneAsync(int process)
    {
        // A killed process whose parent died before it stays a zombie until somebody takes it in: that is gone enough.
        while (File.Exists($"/proc/{process}/stat") && !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
