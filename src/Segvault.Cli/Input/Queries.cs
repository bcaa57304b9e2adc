using System.Collections.Immutable;
using System.CommandLine;

namespace Segvault.Cli.Input;

/// <summary>Canary queries, given one by one.</summary>
internal static class Queries
{
    public static Option<string[]> NewOption(string description) => new("--query")
    {
        Description = description,
        HelpName = "QUERY",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <exception cref="UsageException">A text is not a query.</exception>
    public static ImmutableArray<DrillQuery> Parse(IEnumerable<string> texts, string option) => [.. texts.Select(text => Parse(text, option))];

    private static DrillQuery Parse(string text, string option)
    {
        try
        {
            return DrillQuery.Parse(text);
        }
        catch (FormatException)
        {
            throw new UsageException(
                $"{option}: '{text}' is not a query.", "Write count or FIELD:TERM, and after it =N for exactly or >=N for at least so many hits; without, at least one is expected.");
        }
    }
}
