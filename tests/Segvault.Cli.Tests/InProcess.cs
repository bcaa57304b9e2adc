namespace Segvault.Cli.Tests;

/// <summary>Runs the command line in this process, with an environment and a clock of the test's own.</summary>
internal sealed record InProcess
{
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public static Task<SegvaultRun> RunAsync(params IReadOnlyList<string> arguments) => new InProcess().CompleteAsync(arguments);

    public async Task<SegvaultRun> CompleteAsync(params IReadOnlyList<string> arguments)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var host = new CommandHost
        {
            Out = output,
            Error = error,
            Variable = name => Variables.GetValueOrDefault(name),
            TimeProvider = TimeProvider,
        };
        var exit = await CommandLine.RunAsync(arguments, host, CancellationToken.None);
        return new SegvaultRun(string.Join(' ', arguments), exit, output.ToString(), error.ToString());
    }
}
