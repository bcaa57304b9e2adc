using System.Collections.Immutable;

namespace Segvault;

/// <summary>Which backups would be removed, and what that is good for.</summary>
public record RemovalPlan
{
    /// <summary>The backups that go, oldest first.</summary>
    public required ImmutableArray<RemovedBackup> Backups { get; init; }

    /// <summary>
    /// Bytes in the repository that no backup needs once these are gone: what a collection frees then. More than the sum of
    /// <see cref="RemovedBackup.OwnBytes"/> where some of them share packs with one another only.
    /// </summary>
    public required long BytesReleased { get; init; }

    /// <summary>Packs that no backup needs once these are gone.</summary>
    public required int PacksReleased { get; init; }

    /// <summary>Live backups whose manifests cannot be read. Their packs are not known, and while there are any, nothing is collected.</summary>
    public required ImmutableArray<BackupId> Unreadable { get; init; }
}

/// <summary>Which backups a policy keeps and which it does not.</summary>
public sealed record PrunePlan : RemovalPlan
{
    /// <summary>The backups that stay, oldest first.</summary>
    public required ImmutableArray<KeptBackup> Kept { get; init; }
}

/// <summary>A backup that goes.</summary>
/// <param name="Backup">What a list shows of it.</param>
/// <param name="OwnBytes">Bytes in the repository that no other backup needs.</param>
public sealed record RemovedBackup(BackupSummary Backup, long OwnBytes);

/// <summary>A backup that stays.</summary>
/// <param name="Backup">What a list shows of it.</param>
/// <param name="Reasons">The rules that keep it, such as <c>daily</c>; several may.</param>
public sealed record KeptBackup(BackupSummary Backup, ImmutableArray<string> Reasons);

/// <summary>What was removed. It can be undone until it is collected.</summary>
public sealed record RemovalResult
{
    /// <summary>The backups that are gone, with what would be freed, as they were at the moment of their removal.</summary>
    public required RemovalPlan Removed { get; init; }

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }
}

/// <summary>A backup that was removed and is not collected yet.</summary>
/// <param name="Backup">What a list showed of it.</param>
/// <param name="RemovedAt">When it was removed, by the log's time.</param>
public sealed record DeletedBackup(BackupSummary Backup, DateTimeOffset RemovedAt);
