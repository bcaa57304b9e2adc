using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Segvault.Cli.Tests;

/// <summary>
/// Runs the built command as a child process. The one beside the tests, or the file that SEGVAULT_EXECUTABLE names: a published one, say.
/// The child sees no SEGVAULT_ variable of ours.
/// </summary>
internal sealed record SegvaultProcess
{
    public string? WorkingDirectory { get; init; }

    /// <summary>A command that runs the command, such as <c>setpriv</c> with its options; none by default.</summary>
    public IReadOnlyList<string> Through { get; init; } = [];

    /// <summary>What is run; the command by default.</summary>
    public string Program { get; init; } = Executable;

    /// <summary>Variables for the child; null removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Runs the command to its end.</summary>
    public static Task<SegvaultRun> RunAsync(params IReadOnlyList<string> arguments) => new SegvaultProcess().CompleteAsync(arguments);

    /// <summary>Runs the command to its end.</summary>
    public async Task<SegvaultRun> CompleteAsync(params IReadOnlyList<string> arguments)
    {
        using var running = Start(arguments);
        return await running.WaitAsync();
    }

    /// <summary>Starts the command, for those who want to interrupt it.</summary>
    public RunningSegvault Start(params IReadOnlyList<string> arguments)
    {
        IReadOnlyList<string> command = [.. Through, Program, .. arguments];
        var start = new ProcessStartInfo(command[0])
        {
            WorkingDirectory = WorkingDirectory ?? AppContext.BaseDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("SEGVAULT_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        // A process that is killed leaves the runtime's diagnostic pipes in the temporary directory.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        return new RunningSegvault(Process.Start(start)!, string.Join(' ', arguments));
    }

    public static string Executable => System.Environment.GetEnvironmentVariable("SEGVAULT_EXECUTABLE") is { Length: > 0 } named
        ? named
        : Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Segvault.Cli.exe" : "Segvault.Cli");
}

/// <summary>A command that is running. Disposing kills it if it still does.</summary>
internal sealed class RunningSegvault : IDisposable
{
    private readonly Process _process;
    private readonly string _arguments;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    public RunningSegvault(Process process, string arguments)
    {
        _process = process;
        _arguments = arguments;
        process.StandardInput.Close();
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Sends a signal, by its name without <c>SIG</c>, such as <c>INT</c> or <c>TERM</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -s {signal} {Id.ToString(CultureInfo.InvariantCulture)} 2>/dev/null"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends it at once, by SIGKILL where there are signals.</summary>
    public void Kill() => _process.Kill();

    public async Task<SegvaultRun> WaitAsync()
    {
        await _process.WaitForExitAsync();
        return new SegvaultRun(_arguments, _process.ExitCode, await _output, await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
