using System.CommandLine;
using static Segvault.Cli.Input.CommonOptions;

namespace Segvault.Cli.Input;

/// <summary>Whether, and with how much grace, what nothing needs is collected after backups were removed.</summary>
internal sealed class CollectionSteps
{
    private readonly Option<bool> _gc = Flag("--gc", "Collect afterwards, as gc does.");
    private readonly GraceOption _grace = new();

    public IEnumerable<Option> All => [_gc, _grace.Option];

    /// <summary>How to collect; null when that was not asked for.</summary>
    /// <exception cref="UsageException">A grace is given for nothing, or is no duration.</exception>
    public CollectionOptions? Read(Invocation run)
    {
        var options = _grace.Read(run);
        return run.Get(_gc) ? options
            : _grace.IsGiven(run) ? throw new UsageException($"{_grace.Option.Name} goes with {_gc.Name}.", $"Give {_gc.Name} as well, or give {_grace.Option.Name} to `segvault gc`.")
            : null;
    }
}

/// <summary>The option <c>--grace</c>.</summary>
internal sealed class GraceOption
{
    public Option<string> Option { get; } = Text(
        "--grace", "DURATION", "How long what was removed can be brought back; 24h by default, 0 when the disk is full.");

    public bool IsGiven(Invocation run) => run.Get(Option) is not null;

    /// <exception cref="UsageException">It is no duration.</exception>
    public CollectionOptions Read(Invocation run) => run.Get(Option) switch
    {
        null => new CollectionOptions(),
        "0" => new CollectionOptions { Grace = TimeSpan.Zero },
        var text => new CollectionOptions { Grace = Durations.Parse(text, Option.Name) },
    };
}
