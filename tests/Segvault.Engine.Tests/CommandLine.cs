using System.Diagnostics;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>The built command, run as a process of its own where that is the point: with few file handles, or as another user.</summary>
internal static class CommandLine
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Segvault.Cli");

    /// <summary>Runs the command.</summary>
    public static Task<string> RunSegvaultAsync(params IEnumerable<string> arguments) => RunAsync(Program, arguments);

    /// <summary>Runs the command with at most this many open files.</summary>
    public static Task<string> RunWithFewHandlesAsync(int handles, params IEnumerable<string> arguments) =>
        RunAsync("sh", ["-c", $"ulimit -n {handles}; exec \"$@\"", "sh", Program, .. arguments]);

    /// <summary>Runs the command as a user who is nobody.</summary>
    public static Task<string> RunAsNobodyAsync(params IEnumerable<string> arguments)
    {
        TestBench.Require(Environment.IsPrivilegedProcess, "only root can run a program as somebody else");
        TestBench.Require(TestBench.FindProgram("setpriv") is not null, "setpriv is not installed");
        return RunAsync("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", Program, .. arguments]);
    }

    /// <summary>Runs any program; fails the test with all that it printed unless it ends with 0.</summary>
    public static async Task<string> RunAsync(string program, params IEnumerable<string> arguments)
    {
        var (exitCode, output) = await TryRunAsync(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}:\n{output}");
        return output;
    }

    public static async Task<(int ExitCode, string Output)> TryRunAsync(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        output += await error;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }
}
