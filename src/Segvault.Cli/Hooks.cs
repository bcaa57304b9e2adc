using System.Diagnostics;

namespace Segvault.Cli;

/// <summary>Runs the commands that people hang around a snapshot. What they print goes to standard error.</summary>
internal static class Hooks
{
    private const int EndedBySigint = 130;
    private const int EndedBySigterm = 143;

    /// <summary>Runs a shell command to its end.</summary>
    /// <param name="option">The option that named the command, for messages.</param>
    /// <param name="command">What the shell is given.</param>
    /// <param name="cancellationToken">Kills the command and everything it started.</param>
    /// <exception cref="SegvaultException">The command could not be started, or ended with an error.</exception>
    public static async ValueTask RunAsync(string option, string command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start(option, command);
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
                ErrorCode.HookFailed, $"The {option} command ended with exit status {process.ExitCode}: {command}", "Nothing was backed up. Make the command end with 0.");
        }
    }

    private static Process Start(string option, string command)
    {
        try
        {
            return Process.Start(Shell(command))!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new SegvaultException(
                ErrorCode.HookFailed, $"The {option} command could not be started: {e.Message}", "Nothing was backed up. Commands run in /bin/sh, on Windows in cmd.", e);
        }
    }

    // The shell sends its own output to standard error, so nothing has to be pumped: a command that leaves a process behind cannot hold us up.
    private static ProcessStartInfo Shell(string command) => OperatingSystem.IsWindows()
        ? new ProcessStartInfo("cmd", $"/d /s /c \"( {command} ) 1>&2\"") { UseShellExecute = false }
        : new ProcessStartInfo("/bin/sh", ["-c", "exec 1>&2\n" + command]) { UseShellExecute = false };
}
