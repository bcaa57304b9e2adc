using System.CommandLine;
using System.CommandLine.Parsing;
using Segvault.Cli.Commands;

namespace Segvault.Cli.Input;

/// <summary>Finds what is wrong with a command line, beyond what the parser calls an error, and says it in our words.</summary>
internal static class UsageErrors
{
    /// <summary>The first error; null when there is none.</summary>
    public static UsageException? Find(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        var command = parsed.CommandResult.Command;
        var isRoot = parsed.CommandResult.Parent is null;
        var name = isRoot ? "segvault" : $"'{command.FullName()}'";
        var help = isRoot ? "See: segvault --help" : $"See: segvault {command.FullName()} --help";
        if (FindStrayOption(parsed, arguments) is { } stray)
        {
            return stray.TakenBy is { } option
                ? new UsageException($"{option.Name} needs a value, and '{stray.Token}' looks like an option.", $"A value that begins with '-' is written as {option.Name}=VALUE. {help}")
                : new UsageException($"{name} has no option {stray.Token}.", $"{help}. A path that begins with '-' is written as ./-path.");
        }

        if (parsed.UnmatchedTokens is [var unmatched, ..])
        {
            return command is SegvaultCommand
                ? new UsageException($"{name} takes no further argument '{unmatched}'.", help)
                : new UsageException($"There is no command '{(isRoot ? "" : command.FullName() + " ")}{unmatched}'.", help);
        }

        if (command is not SegvaultCommand)
        {
            return parsed.Errors.Count == 0 ? null
                : isRoot ? new UsageException("No command is given.", help)
                : new UsageException($"{name} needs a command: {string.Join(", ", command.Subcommands.Select(child => child.Name))}.", help);
        }

        foreach (var argument in command.Arguments)
        {
            if (argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is null or { Tokens.Count: 0 })
            {
                return new UsageException($"{name} needs {argument.Name}: {argument.Description}", help);
            }
        }

        return FindWrongCount(parsed, help) ?? (parsed.Errors is [var first, ..] ? new UsageException(first.Message, help) : null);
    }

    private static UsageException? FindWrongCount(ParseResult parsed, string help)
    {
        foreach (var result in Results(parsed).OfType<OptionResult>())
        {
            if (result.Tokens.Count < result.Option.Arity.MinimumNumberOfValues && !result.Implicit)
            {
                return new UsageException($"{result.Option.Name} needs a value.", help);
            }

            if (result.Tokens.Count > result.Option.Arity.MaximumNumberOfValues)
            {
                return new UsageException($"{result.Option.Name} is given {result.Tokens.Count} times.", "Give it once.");
            }
        }

        return null;
    }

    private static IEnumerable<SymbolResult> Results(ParseResult parsed)
    {
        for (var command = parsed.CommandResult; command is not null; command = command.Parent as CommandResult)
        {
            foreach (var child in command.Children)
            {
                yield return child;
            }
        }
    }

    // The parser takes an unknown option for the value of an argument or option that has room for one. That must never be a silent no-op.
    private static (string Token, Option? TakenBy)? FindStrayOption(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        var known = arguments.TakeWhile(argument => argument != "--").Where(argument => argument.Length > 1 && argument[0] == '-').ToHashSet(StringComparer.Ordinal);
        if (known.Count == 0)
        {
            return null;
        }

        if (parsed.UnmatchedTokens.FirstOrDefault(known.Contains) is { } unmatched)
        {
            return (unmatched, null);
        }

        foreach (var result in Results(parsed))
        {
            if (result is ArgumentResult or OptionResult && result.Tokens.FirstOrDefault(token => known.Contains(token.Value)) is { } token)
            {
                return (token.Value, (result as OptionResult)?.Option);
            }
        }

        return null;
    }
}
