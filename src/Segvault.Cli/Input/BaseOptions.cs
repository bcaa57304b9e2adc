using System.Collections.Immutable;
using System.CommandLine;

namespace Segvault.Cli.Input;

/// <summary>Where archives may be that incremental ones need.</summary>
internal sealed class BaseOptions
{
    private readonly Option<string[]> _base = new("--base")
    {
        Description = "Another directory in which archives that are needed may be. May be given several times.",
        HelpName = "DIR",
        Arity = ArgumentArity.OneOrMore,
    };

    public IEnumerable<Option> All => [_base];

    /// <exception cref="UsageException">A text is empty.</exception>
    /// <exception cref="SegvaultException">There is no such directory.</exception>
    public ImmutableArray<string> Read(Invocation run) =>
    [
        .. run.Get(_base).Select(directory => directory.Length > 0
            ? ArchivePaths.ExistingDirectory(directory)
            : throw new UsageException($"{_base.Name} is empty.", "Give a directory, or leave the option away.")),
    ];
}
