namespace Segvault.Engines;

/// <summary>An index to back up: a directory, and what to do around pinning it.</summary>
public sealed record IndexSource
{
    private IndexSource(string path) => Path = path;

    /// <summary>The index directory, absolute.</summary>
    public string Path { get; }

    /// <summary>The engine that wrote the index, such as <c>tantivy</c>; null means to find out.</summary>
    public string? Engine { get; init; }

    /// <summary>Called before the snapshot is pinned, so that the application can commit its pending documents.</summary>
    public Func<CancellationToken, ValueTask>? FlushAsync { get; init; }

    /// <summary>Called once the snapshot is pinned, before anything is copied.</summary>
    public Func<CancellationToken, ValueTask>? PinnedAsync { get; init; }

    /// <summary>Names an index directory. Nothing is read yet.</summary>
    public static IndexSource Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new IndexSource(System.IO.Path.GetFullPath(path));
    }
}
