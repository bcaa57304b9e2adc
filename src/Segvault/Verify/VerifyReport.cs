using System.Collections.Immutable;

namespace Segvault;

/// <summary>How thoroughly a repository is verified.</summary>
public enum VerifyLevel
{
    /// <summary>The log's chain, manifests, and every object that they need there at its size.</summary>
    Objects,

    /// <summary>In addition tables of packs read, and agreeing with the manifests.</summary>
    Structure,

    /// <summary>In addition every stored byte read, decoded and hashed.</summary>
    Data,
}

/// <summary>What is verified.</summary>
public sealed record VerifyOptions
{
    /// <summary>Objects; structure, the default; or data.</summary>
    public VerifyLevel Level { get; init; } = VerifyLevel.Structure;

    /// <summary>The backups to verify; empty means all.</summary>
    public ImmutableArray<BackupId> Backups { get; init; } = [];

    /// <summary>
    /// With <see cref="VerifyLevel.Data"/>: which share of the packs' bytes to read, above 0 and up to 1, those first that were not read for
    /// longest. Null means all. Everything is still verified to the level of structure. Repositories only.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The share is not above 0 and up to 1.</exception>
    public double? Sample
    {
        get;
        init => field = value is null or (> 0 and <= 1) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A share is above 0 and up to 1.");
    }

    /// <summary>With <see cref="VerifyLevel.Data"/>: read only packs that were not read whole within this time. Null means all. Repositories only.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Archives to verify, by their paths; a directory stands for all archives in it. Repositories have none.</summary>
    public ImmutableArray<string> Archives { get; init; } = [];

    /// <exception cref="ArgumentException">They contradict one another.</exception>
    internal static void EnsureConsistent(VerifyOptions options)
    {
        if (options.Level != VerifyLevel.Data && (options.Sample is not null || options.MaxAge is not null))
        {
            throw new ArgumentException(
                $"{nameof(Sample)} and {nameof(MaxAge)} say which stored bytes to read, and go with {nameof(VerifyLevel)}.{nameof(VerifyLevel.Data)}.", nameof(options));
        }
    }
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

    /// <summary>Those of them of which every stored byte was read.</summary>
    public int PacksRead { get; init; }

    /// <summary>Chunks in the packs whose tables were read, or files read in archives.</summary>
    public required long Chunks { get; init; }

    /// <summary>Bytes read from the repository.</summary>
    public required long BytesRead { get; init; }

    /// <summary>What is wrong; empty when nothing is.</summary>
    public required ImmutableArray<VerifyProblem> Problems { get; init; }

    /// <summary>What a person should know.</summary>
    public ImmutableArray<OperationWarning> Warnings { get; init; } = [];

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>One defect, and everything it concerns.</summary>
/// <param name="Object">The repository object, by its name in the store.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="Backups">The backups that it harms.</param>
/// <param name="Files">The files of those backups that it harms, as <c>backup:path</c>.</param>
public sealed record VerifyProblem(string Object, string Problem, ImmutableArray<BackupId> Backups, ImmutableArray<string> Files)
{
    /// <summary>The names of the indexes that those backups are of.</summary>
    public ImmutableArray<string> Indexes { get; init; } = [];
}
