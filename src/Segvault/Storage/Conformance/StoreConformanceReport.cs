using System.Collections.Immutable;

namespace Segvault.Storage;

/// <summary>Whether a store does what a repository needs of it.</summary>
public sealed record StoreConformanceReport
{
    /// <summary>Where the store is.</summary>
    public required string Location { get; init; }

    /// <summary>What was tried, in order.</summary>
    public required ImmutableArray<StoreCheckResult> Checks { get; init; }

    /// <summary>Time taken.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>True when every rule held.</summary>
    public bool Passed => Checks.All(check => check.Passed);
}

/// <summary>How one check ended.</summary>
/// <param name="Check">Its name, such as <c>one-winner</c>.</param>
/// <param name="Rule">What must hold, as a sentence.</param>
/// <param name="Problem">What the store did instead; null when the rule held.</param>
/// <param name="Elapsed">Time taken.</param>
public sealed record StoreCheckResult(string Check, string Rule, string? Problem, TimeSpan Elapsed)
{
    /// <summary>True when the rule held.</summary>
    public bool Passed => Problem is null;
}
