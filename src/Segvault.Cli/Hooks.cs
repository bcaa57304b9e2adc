using System.CommandLine;
using System.Diagnostics;

namespace Segvault.Cli;

/// <summary>Runs the commands that people hang around a snapshot. What they print goes to standard error.</summary>
internal static class Hooks
{
    private const int EndedBySigint = 130;
    private const int EndedBySigterm = 143;

    /// <summary>What to do with the command of an option; null when it was not given.</summary>
    /// <param name="run">The run that has the option.</param>
    /// <param name="option">The option.</param>
    /// <param name="consequence">What it means when the command fails, as a sentence.</param>
    public static Func<CancellationToken, ValueTask>? From(Invocation run, Option<string> option, string consequence)
    {
        if (run.Get(option) is not { } command)
        {
            return null;
        }

        return cancellationToken =>
        {
            run.Output.Pause();
            return RunAsync(new HookCommand(option.Name, command, consequence), cancellationToken);
        };
    }

    /// <summary>Runs a shell command to its end.</summary>
    /// <param name="hook">The command.</param>
    /// <param name="cancellationToken">Kills the command and everything it started.</param>
    /// <exception cref="SegvaultException">The command could not be started, or ended with an error.</exception>
    public static async ValueTask RunAsync(HookCommand hook, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start(hook);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode is EndedBySigint or EndedBySigterm)
            {
                // Ctrl-C reaches the command and us at once, and it may have been faster than we were to notice.
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        if (process.ExitCode != 0)
        {
            throw new SegvaultException(
                ErrorCode.HookFailed,
                $"The {hook.Option} command ended with exit status {process.ExitCode}: {hook.Command}",
                $"{hook.Consequence} Make the command end with 0.");
        }
    }

    private static Process Start(HookCommand hook)
    {
        var start = Shell(hook.Command);
        foreach (var (name, value) in hook.Environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new SegvaultException(
                ErrorCode.HookFailed,
                $"The {hook.Option} command could not be started: {e.Message}",
                $"{hook.Consequence} Commands run in /bin/sh, on Windows in cmd.",
                e);
        }
    }

    // The shell sends its own output to standard error, so nothing has to be pumped: a command that leaves a process behind cannot hold us up.
    private static ProcessStartInfo Shell(string command) => OperatingSystem.IsWindows()
        ? new ProcessStartInfo("cmd", $"/d /s /c \"( {command} ) 1>&2\"") { UseShellExecute = false }
        : new ProcessStartInfo("/bin/sh", ["-c", "exec 1>&2\n" + command]) { UseShellExecute = false };
}

/// <summary>A command to run at a certain point.</summary>
/// <param name="Option">The option that named it, for messages.</param>
/// <param name="Command">What the shell is given.</param>
/// <param name="Consequence">What it means when the command fails, as a sentence.</param>
internal sealed record HookCommand(string Option, string Command, string Consequence)
{
    /// <summary>Variables that the command finds in its environment besides our own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
