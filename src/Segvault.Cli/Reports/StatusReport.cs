using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record StatusLine() : SummaryLine("status")
{
    public required IReadOnlyList<IndexStatusLine> Indexes { get; init; }
    public required bool Healthy { get; init; }
    public required IReadOnlyList<string> BadPacks { get; init; }
    public required IReadOnlyList<string> Problems { get; init; }

    public static StatusLine From(RepositoryStatus status) => new()
    {
        Indexes = [.. status.Indexes.Select(IndexStatusLine.From)],
        Healthy = status.IsHealthy,
        BadPacks = status.BadPacks,
        Problems = status.Problems,
    };
}

internal sealed record IndexStatusLine
{
    public required string Name { get; init; }
    public required string? Newest { get; init; }
    public required double? NewestAge { get; init; }
    public required string? Proven { get; init; }
    public required double? ProvenAge { get; init; }
    public required DateTime? ProvenAt { get; init; }
    public required IReadOnlyList<string> Flags { get; init; }

    public static IndexStatusLine From(IndexStatus index) => new()
    {
        Name = index.Name,
        Newest = index.Newest?.Id.ToString(),
        NewestAge = Seconds(index.NewestAge),
        Proven = index.Proven?.Id.ToString(),
        ProvenAge = Seconds(index.ProvenAge),
        ProvenAt = index.ProvenAt?.UtcDateTime,
        Flags = index.Flags,
    };

    private static double? Seconds(TimeSpan? age) => age is { } time ? Quantities.Seconds(time) : null;
}

/// <summary>A status in one line, in the form that monitoring knows.</summary>
internal static class StatusText
{
    public static void Write(HumanWriter people, RepositoryStatus status) =>
        people.Line(status.IsHealthy ? $"OK - {string.Join("; ", status.Indexes.Select(Describe))}" : $"CRITICAL - {string.Join("; ", status.Problems)}");

    private static string Describe(IndexStatus index) =>
        $"'{index.Name}': newest {index.Newest!.Id.ToShortString()}, {Quantities.Duration(index.NewestAge!.Value)} old, "
        + (index.Proven is { } proven ? $"proven {proven.Id.ToShortString()}, {Quantities.Duration(index.ProvenAge!.Value)} old" : "none proven");
}
