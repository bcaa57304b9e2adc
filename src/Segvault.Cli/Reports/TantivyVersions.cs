namespace Segvault.Cli.Reports;

/// <summary>Which releases of Tantivy read which index format: <c>INDEX_FORMAT_VERSION</c> in its <c>lib.rs</c>, release by release.</summary>
internal static class TantivyVersions
{
    private static readonly Dictionary<int, string> FirstRelease = new()
    {
        [4] = "0.15",
        [5] = "0.19",
        [6] = "0.22",
        [7] = "0.24",
    };

    /// <summary>Such as <c>readable by Tantivy 0.24 and later</c>; null when the files do not say.</summary>
    public static string? ReadableBy(string engine, IEnumerable<int> formats) => engine == "tantivy" && formats.Any()
        ? FirstRelease.TryGetValue(formats.Max(), out var release)
            ? $"readable by Tantivy {release} and later"
            : $"index format {formats.Max()}: newer than this version of Segvault knows"
        : null;

    /// <summary>The engine with what its files say of its version.</summary>
    public static string Describe(string engine, IReadOnlyCollection<string> versions, IReadOnlyCollection<int> formats)
    {
        var written = versions.Count > 0 ? $"{engine} {string.Join(", ", versions)}" : engine;
        return ReadableBy(engine, formats) is { } readable ? $"{written} ({readable})" : written;
    }
}
