using System.Diagnostics;
using Xunit;

namespace Segvault.Tests.IO;

/// <summary>Another process, running a shell script that prints <c>ready</c> and then waits until its standard input ends or it is killed.</summary>
internal sealed class ShellProcess : IDisposable
{
    private readonly Process _process;

    private ShellProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Starts the script with arguments (<c>$1</c>…) and waits for its <c>ready</c>. Skips the test when the script ends without it.</summary>
    public static ShellProcess Start(string script, params ReadOnlySpan<string> arguments)
    {
        var shell = new ShellProcess(Launch(script, arguments));
        if (shell._process.StandardOutput.ReadLine() == "ready")
            return shell;
        string error = shell._process.StandardError.ReadToEnd();
        shell.Dispose();
        Assert.Skip($"This needs a shell script that does not work here: {error}");
        return shell;
    }

    /// <summary>Runs a script to its end and returns its exit code.</summary>
    public static int Run(string script, params ReadOnlySpan<string> arguments)
    {
        using Process process = Launch(script, arguments);
        process.StandardInput.Close();
        process.WaitForExit();
        return process.ExitCode;
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Closes the standard input of the script and waits for it to end.</summary>
    public void End()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    private static Process Launch(string script, ReadOnlySpan<string> arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Uses commands of Linux.");
        return Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script, "sh", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
