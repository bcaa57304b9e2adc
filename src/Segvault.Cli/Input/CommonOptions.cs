using System.CommandLine;

namespace Segvault.Cli.Input;

/// <summary>The options that every command takes.</summary>
internal sealed class CommonOptions
{
    public Option<string> Repository { get; } = new("--repository", "-r")
    {
        Description = "Where the repository is: a path or file:PATH. SEGVAULT_REPOSITORY stands in.",
        HelpName = "REPO",
        Recursive = true,
    };

    public Option<bool> Json { get; } = Flag("--json", "Write JSON lines to standard output, and nothing else there.", recursive: true);

    public Option<bool> Quiet { get; } = Flag("--quiet", "Be silent on success.", recursive: true);

    public Option<bool> Verbose { get; } = Flag("--verbose", "Show what is logged, and stack traces of errors.", recursive: true);

    public Option<bool> NoColor { get; } = Flag("--no-color", "Use no colours. NO_COLOR stands in.", recursive: true);

    public IEnumerable<Option> All => [Repository, Json, Quiet, Verbose, NoColor];

    /// <summary>An option that takes no value, so that a word after it is never mistaken for one.</summary>
    public static Option<bool> Flag(string name, string description, bool recursive = false) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero, Recursive = recursive };

    /// <summary>An option that takes a text.</summary>
    public static Option<string> Text(string name, string valueName, string description) =>
        new(name) { Description = description, HelpName = valueName };

    /// <summary>A positional argument that must be there.</summary>
    public static Argument<string> Required(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ExactlyOne };
}
