using System.CommandLine;
using Medallion.Threading;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Cli.Input;
using Segvault.Cli.Logging;
using Segvault.Cli.Output;

namespace Segvault.Cli;

/// <summary>One run of a command: what it was given, and what it works with.</summary>
internal sealed class Invocation(ParseResult parsed, CommonOptions common, CommandHost host, IOutput output)
{
    private readonly long _started = host.TimeProvider.GetTimestamp();

    public IOutput Output => output;

    public TimeProvider TimeProvider => host.TimeProvider;

    public Action LowerPriority => host.LowerPriority;

    public TimeSpan Elapsed => host.TimeProvider.GetElapsedTime(_started);

    public string Get(Argument<string> argument) => parsed.GetRequiredValue(argument) is { Length: > 0 } value
        ? value
        : throw new UsageException($"{argument.Name} is empty.", "Give a value.");

    /// <summary>The text of an argument that may be left away; null when it was.</summary>
    /// <exception cref="UsageException">The text is empty.</exception>
    public string? GetOptional(Argument<string> argument) => parsed.GetValue(argument) is null ? null : Get(argument);

    public IReadOnlyList<string> Get(Argument<string[]> argument) => parsed.GetValue(argument) ?? [];

    public bool Get(Option<bool> flag) => parsed.GetValue(flag);

    public IReadOnlyList<string> Get(Option<string[]> option) => parsed.GetValue(option) ?? [];

    /// <summary>The text given with an option; null when it was not given.</summary>
    /// <exception cref="UsageException">The text is empty.</exception>
    public string? Get(Option<string> option) => parsed.GetValue(option) switch
    {
        null => null,
        { Length: 0 } => throw new UsageException($"{option.Name} is empty.", "Give a value, or leave the option away."),
        var text => text,
    };

    /// <summary>The text given with an option, or else in an environment variable.</summary>
    public string? Get(Option<string> option, string variable) => Get(option) ?? host.Setting(variable);

    public TimeSpan GetDuration(Option<string> option) => Get(option) is { } text ? Durations.Parse(text, option.Name) : TimeSpan.Zero;

    /// <summary>The directory of the repository that the command works with.</summary>
    /// <exception cref="UsageException">None was given, or it is no directory.</exception>
    public string RepositoryDirectory => Locations.RepositoryDirectory(
        Get(common.Repository, "SEGVAULT_REPOSITORY")
        ?? throw new UsageException("No repository is given.", "Give -r REPOSITORY, or set SEGVAULT_REPOSITORY."));

    public BackupManagerOptions ManagerOptions(IDistributedLockProvider? locks = null) => new()
    {
        LockProvider = locks,
        LoggerFactory = LoggerFactory,
        TimeProvider = host.TimeProvider,
    };

    public ILoggerFactory LoggerFactory =>
        Get(common.Verbose) ? new StandardErrorLoggerFactory(output, host.TimeProvider) : NullLoggerFactory.Instance;

    public void Warn(IEnumerable<OperationWarning> warnings)
    {
        foreach (var warning in warnings)
        {
            output.Warn(warning);
        }
    }

    /// <summary>Runs an operation with its progress shown.</summary>
    public async Task<T> ShowProgressAsync<T>(Func<IProgress<OperationProgress>, Task<T>> operation)
    {
        var progress = output.BeginProgress();
        try
        {
            return await operation(progress);
        }
        finally
        {
            output.EndProgress();
        }
    }
}
