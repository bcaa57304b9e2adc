using System.Globalization;

namespace Segvault;

/// <summary>
/// A canary query: one whose answer is known, asked of a restored index. Written as <c>count</c>, the number of documents, or <c>field:term</c>, the
/// number of documents that have the term; followed by <c>=N</c> for exactly or <c>&gt;=N</c> for at least so many. Without either: at least one.
/// </summary>
public sealed record DrillQuery
{
    private const string CountText = "count";

    private DrillQuery()
    {
    }

    /// <summary>The query without the expectation: <c>count</c> or <c>field:term</c>.</summary>
    public required string Query { get; init; }

    /// <summary>The field; null for <c>count</c>.</summary>
    public string? Field { get; private init; }

    /// <summary>The term; null for <c>count</c>.</summary>
    public string? Term { get; private init; }

    /// <summary>How many hits there must be at least.</summary>
    public long Least { get; private init; } = 1;

    /// <summary>How many hits there may be at most; null means any number.</summary>
    public long? Most { get; private init; }

    /// <summary>What is expected, as it is written: <c>=N</c> or <c>&gt;=N</c>.</summary>
    public string Expected => string.Create(CultureInfo.InvariantCulture, $"{(Most is null ? ">=" : "=")}{Least}");

    /// <summary>True for <c>count</c>, which no engine is needed for.</summary>
    public bool IsCount => Field is null;

    /// <summary>Reads a query as a person writes it.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static DrillQuery Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (query, least, most) = Split(text);
        if (query == CountText)
            return new DrillQuery { Query = query, Least = least, Most = most };
        var colon = query.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && colon < query.Length - 1 && !query.Any(char.IsControl)
            ? new DrillQuery { Query = query, Field = query[..colon], Term = query[(colon + 1)..], Least = least, Most = most }
            : throw new FormatException($"'{text}' is not a query: write count or FIELD:TERM, and after it =N or >=N if the number of hits is known.");
    }

    /// <summary>True when a number of hits is what is expected.</summary>
    public bool Accepts(long hits) => hits >= Least && !(hits > Most);

    /// <summary>The query as it is written, with what is expected.</summary>
    public override string ToString() => Query + Expected;

    private static (string Query, long Least, long? Most) Split(string text)
    {
        var equals = text.LastIndexOf('=');
        if (equals <= 0 || !long.TryParse(text.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return (text, 1, null);
        return text[equals - 1] == '>' ? (text[..(equals - 1)], number, null) : (text[..equals], number, number);
    }
}
