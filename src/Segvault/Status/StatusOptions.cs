namespace Segvault;

/// <summary>What is asked of a repository's status.</summary>
public sealed record StatusOptions
{
    /// <summary>Only this index; null means all.</summary>
    public string? Name { get; init; }

    /// <summary>How old the newest backup of an index may be; null means any age.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>How old the newest backup of an index may be that a drill has proven; null means that none is needed.</summary>
    public TimeSpan? ProvenWithin { get; init; }
}
