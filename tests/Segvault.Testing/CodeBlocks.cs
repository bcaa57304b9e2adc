namespace Segvault.Testing;

/// <summary>The code in a page of documentation.</summary>
internal static class CodeBlocks
{
    /// <summary>The first block of a language below a heading.</summary>
    /// <param name="page">The page's file name below the root of this project.</param>
    /// <param name="heading">The heading's line, such as <c>### Make one</c>.</param>
    /// <param name="language">What follows the three backticks.</param>
    public static string Read(string page, string heading, string language)
    {
        var block = File.ReadAllLines(RepositoryRoot.Combine(page))
            .SkipWhile(line => line != heading)
            .SkipWhile(line => line != $"```{language}")
            .Skip(1)
            .TakeWhile(line => line != "```")
            .ToList();
        return block.Count > 0 ? string.Join('\n', block) : throw new InvalidOperationException($"{page} has no {language} below '{heading}'.");
    }

    /// <summary>All lines in blocks of a language between a heading and the next one.</summary>
    /// <inheritdoc cref="Read"/>
    public static IReadOnlyList<string> ReadAll(string page, string heading, string language)
    {
        var lines = new List<string>();
        string? open = null;
        foreach (var line in File.ReadAllLines(RepositoryRoot.Combine(page)).SkipWhile(line => line != heading).Skip(1))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                open = open is null ? line[3..] : null;
            else if (open is null && line.StartsWith('#'))
                break;
            else if (open == language)
                lines.Add(line);
        }

        return lines.Count > 0 ? lines : throw new InvalidOperationException($"{page} has no {language} below '{heading}'.");
    }
}
