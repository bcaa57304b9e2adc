using System.Collections.Immutable;

namespace Segvault;

/// <summary>How thoroughly a repository is verified.</summary>
public enum VerifyLevel
{
    /// <summary>The log's chain, every object there at its size, tables and manifests read and agreeing.</summary>
    Structure,

    /// <summary>In addition every stored byte read, decoded and hashed.</summary>
    Data,
}

/// <summary>What is verified.</summary>
public sealed record VerifyOptions
{
    /// <summary>Structure, the default, or data.</summary>
    public VerifyLevel Level { get; init; } = VerifyLevel.Structure;

    /// <summary>The backups to verify; empty means all.</summary>
    public ImmutableArray<BackupId> Backups { get; init; } = [];

    /// <summary>Archives to verify, by their paths; a directory stands for all archives in it. Repositories have none.</summary>
    public ImmutableArray<string> Archives { get; init; } = [];
}

/// <summary>What a verification found.</summary>
public sealed record VerifyReport
{
    /// <summary>How thoroughly it was done.</summary>
    public required VerifyLevel Level { get; init; }

    /// <summary>Backups verified.</summary>
    public required int Backups { get; init; }

    /// <summary>Packs, or archives, looked at.</summary>
    public required int Packs { get; init; }

    /// <summary>Chunks in those packs, or files read in those archives.</summary>
    public required long Chunks { get; init; }

    /// <summary>Bytes read from the repository.</summary>
    public required long BytesRead { get; init; }

    /// <summary>What is wrong; empty when nothing is.</summary>
    public required ImmutableArray<VerifyProblem> Problems { get; init; }

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>One defect, and everything it concerns.</summary>
/// <param name="Object">The repository object, by its name in the store.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="Backups">The backups that it harms.</param>
/// <param name="Files">The files of those backups that it harms, as <c>backup:path</c>.</param>
public sealed record VerifyProblem(string Object, string Problem, ImmutableArray<BackupId> Backups, ImmutableArray<string> Files);
