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
}
