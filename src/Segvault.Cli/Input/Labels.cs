using System.Collections.Immutable;

namespace Segvault.Cli.Input;

/// <summary>Labels, given as <c>KEY=VALUE</c>.</summary>
internal static class Labels
{
    /// <exception cref="UsageException">A text is not a label, or a key comes twice.</exception>
    public static ImmutableSortedDictionary<string, string> Parse(IEnumerable<string> texts, string option)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var end = text.IndexOf('=', StringComparison.Ordinal);
            if (end <= 0)
            {
                throw new UsageException($"{option}: '{text}' is not a label.", "Write KEY=VALUE.");
            }

            if (!labels.TryAdd(text[..end], text[(end + 1)..]))
            {
                throw new UsageException($"{option}: '{text[..end]}' is given twice.", "Give every label once.");
            }
        }

        return labels.ToImmutable();
    }
}
