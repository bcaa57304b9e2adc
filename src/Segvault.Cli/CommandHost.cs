using System.Text;

namespace Segvault.Cli;

/// <summary>The world as a command sees it, so that tests can make one up.</summary>
internal sealed record CommandHost
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required Func<string, string?> Variable { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>True when standard output is a terminal.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Width of the terminal that standard error is; null when it is none.</summary>
    public int? ErrorWidth { get; init; }

    /// <summary>Lets other programs go first where processors are short.</summary>
    public Action LowerPriority { get; init; } = () => { };

    public static CommandHost ForThisProcess()
    {
        var dumb = Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new CommandHost
        {
            Out = StandardOutput(),
            Error = Console.Error,
            Variable = Environment.GetEnvironmentVariable,
            OutIsTerminal = !dumb && !Console.IsOutputRedirected,
            LowerPriority = ProcessorPriority.Lower,
            ErrorWidth = dumb || Console.IsErrorRedirected ? null : Width(),
        };
    }

    /// <summary>The value of an environment variable; null when it is unset or empty.</summary>
    public string? Setting(string name) => Variable(name) is { Length: > 0 } value ? value : null;

    // JSON is UTF-8 whatever the locale says; only a Windows console has to be spoken to in its own code page.
    private static TextWriter StandardOutput() => OperatingSystem.IsWindows() && !Console.IsOutputRedirected
        ? Console.Out
        : new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };

    private static int Width()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
