using System.Collections.Immutable;

namespace Segvault;

/// <summary>What a drill found.</summary>
public sealed record DrillResult
{
    /// <summary>The backup that was restored.</summary>
    public required BackupSummary Backup { get; init; }

    /// <summary>The verdict: the backup was restored, and everything about it is as it should be.</summary>
    public bool Passed => Problems.IsEmpty;

    /// <summary>True when the engine itself opened the index; false when only Segvault's own checks ran.</summary>
    public required bool EngineOpened { get; init; }

    /// <summary>Documents that a search can find: as the engine says, else as the index's files say.</summary>
    public required long Documents { get; init; }

    /// <summary>The canary queries and what was answered.</summary>
    public required ImmutableArray<DrillAnswer> Queries { get; init; }

    /// <summary>What is wrong, as sentences; empty when the drill was passed.</summary>
    public required ImmutableArray<string> Problems { get; init; }

    /// <summary>What a person should know.</summary>
    public ImmutableArray<OperationWarning> Warnings { get; init; } = [];

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>The answer to a canary query.</summary>
/// <param name="Query">The query.</param>
/// <param name="Hits">Documents found; null when there was no answer.</param>
public sealed record DrillAnswer(DrillQuery Query, long? Hits)
{
    /// <summary>True when the answer is what was expected.</summary>
    public bool IsAsExpected => Hits is { } hits && Query.Accepts(hits);
}
