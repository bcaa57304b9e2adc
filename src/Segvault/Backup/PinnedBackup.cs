using Segvault.Engines;

namespace Segvault.Backup;

/// <summary>A snapshot, and what was settled before it was pinned.</summary>
/// <param name="Source">The index.</param>
/// <param name="Name">Its name among the backups.</param>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Newest">The newest backup of this index, as far as the place where backups are kept can tell.</param>
/// <param name="Locked">Whether the index is locked against other backups and restores.</param>
internal sealed record PinnedBackup(IndexSource Source, string Name, PinnedSnapshot Snapshot, BackupSummary? Newest, bool Locked)
{
    /// <summary>The newest backup, when it had documents and the index has none any more.</summary>
    public BackupSummary? LostSince => Snapshot.Commit.Documents == 0 && Newest is { Documents: > 0 } ? Newest : null;
}
