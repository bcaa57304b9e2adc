using System.Collections.Immutable;

namespace Segvault;

/// <summary>How a repair ended.</summary>
public enum RepairOutcome
{
    /// <summary>Nothing was wrong.</summary>
    Sound,

    /// <summary>Everything that was wrong was repaired.</summary>
    Repaired,

    /// <summary>Something could not be repaired.</summary>
    Incomplete,
}

/// <summary>What a repair found and did, or would do.</summary>
public sealed record RepairReport
{
    /// <summary>True when nothing was changed.</summary>
    public bool DryRun { get; init; }

    /// <summary>How it ended.</summary>
    public RepairOutcome Outcome => Problems.IsEmpty ? RepairOutcome.Sound : Unrepaired.Any() ? RepairOutcome.Incomplete : RepairOutcome.Repaired;

    /// <summary>Everything that was wrong.</summary>
    public required ImmutableArray<RepairProblem> Problems { get; init; }

    /// <summary>What is still wrong.</summary>
    public IEnumerable<RepairProblem> Unrepaired => Problems.Where(problem => !problem.Repaired);

    /// <summary>Objects put back byte for byte, by their names.</summary>
    public ImmutableArray<string> ObjectsPutBack { get; init; } = [];

    /// <summary>Backups that the log had lost and that were added to it again.</summary>
    public ImmutableArray<BackupSummary> BackupsAddedAgain { get; init; } = [];

    /// <summary>Backups that were stored anew as far as they were damaged. Each has a new id, and is still found by its old one.</summary>
    public ImmutableArray<RepairedBackup> BackupsRepaired { get; init; } = [];

    /// <summary>Backups read.</summary>
    public int Backups { get; init; }

    /// <summary>Packs read.</summary>
    public int Packs { get; init; }

    /// <summary>Chunks in those packs.</summary>
    public long Chunks { get; init; }

    /// <summary>Bytes read from the repository.</summary>
    public long BytesRead { get; init; }

    /// <summary>Bytes added to the repository.</summary>
    public long BytesStored { get; init; }

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>Something wrong with a repository.</summary>
/// <param name="Object">The object, by its name in the store.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="Backup">The backup that it harms, as the log knows it; null when it harms none, or none that is known.</param>
/// <param name="Files">The files of that backup that it harms; empty when it is all of them.</param>
/// <param name="Repaired">True when it was, or would be, repaired.</param>
public sealed record RepairProblem(string Object, string Problem, BackupSummary? Backup, ImmutableArray<string> Files, bool Repaired);

/// <summary>A backup that was repaired.</summary>
/// <param name="Backup">The backup as it is now; of a dry run, as it is still.</param>
/// <param name="Files">The files whose bytes were found again, by their paths.</param>
/// <param name="Sources">Where they were found.</param>
public sealed record RepairedBackup(BackupSummary Backup, ImmutableArray<string> Files, ImmutableArray<string> Sources);
