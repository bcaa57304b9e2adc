namespace Segvault;

/// <summary>
/// Which backups of an index <see cref="BackupRepository.PruneAsync"/> keeps. Each rule keeps by itself; what no rule keeps goes. Hours, days, ISO
/// weeks, months and years are those of UTC, and the newest backup of each stands for it. A backup with the label <see cref="PinLabel"/> is always kept.
/// </summary>
public sealed record RetentionPolicy
{
    /// <summary>A backup with this label, whatever its value, is never pruned.</summary>
    public const string PinLabel = "keep";

    /// <summary>Keeps this many of the newest backups; 0 means no such rule.</summary>
    public int KeepLast { get; init; }

    /// <summary>Keeps the newest backup of each of the last this many hours that have one; 0 means no such rule.</summary>
    public int KeepHourly { get; init; }

    /// <summary>Keeps the newest backup of each of the last this many days that have one; 0 means no such rule.</summary>
    public int KeepDaily { get; init; }

    /// <summary>Keeps the newest backup of each of the last this many weeks that have one; 0 means no such rule.</summary>
    public int KeepWeekly { get; init; }

    /// <summary>Keeps the newest backup of each of the last this many months that have one; 0 means no such rule.</summary>
    public int KeepMonthly { get; init; }

    /// <summary>Keeps the newest backup of each of the last this many years that have one; 0 means no such rule.</summary>
    public int KeepYearly { get; init; }

    /// <summary>
    /// Keeps every backup of a state that the index was in at most this long before its newest backup: it was taken then, or a later one found nothing
    /// changed then. Null means no such rule.
    /// </summary>
    public TimeSpan? KeepWithin { get; init; }

    /// <summary>True when there is no rule at all: then nothing is pruned, for that would be everything.</summary>
    internal bool IsEmpty => Counts.All(count => count == 0) && KeepWithin is null;

    internal bool IsValid => Counts.All(count => count >= 0) && KeepWithin is not { Ticks: < 0 };

    private int[] Counts => [KeepLast, KeepHourly, KeepDaily, KeepWeekly, KeepMonthly, KeepYearly];
}

/// <summary>What is pruned.</summary>
public sealed record PruneOptions
{
    /// <summary>Only the backups of this index; null means those of every index, each by itself.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Prunes also when a clock has plainly jumped, and also the last backup of an index that can be restored or that nothing speaks against.
    /// </summary>
    public bool Force { get; init; }
}
