using System.CommandLine;

namespace Segvault.Cli.Commands;

/// <summary>A command: its arguments and options are its fields, what it does is <see cref="RunAsync"/>.</summary>
internal abstract class SegvaultCommand(string name, string description) : Command(name, description)
{
    /// <summary>Runs the command and returns the exit code. Failures are exceptions.</summary>
    public abstract Task<int> RunAsync(Invocation run, CancellationToken cancellationToken);
}
