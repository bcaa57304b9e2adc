using System.Collections.Immutable;
using Segvault.Engines;

namespace Segvault.Backup;

/// <summary>A snapshot, and what was settled before it was pinned.</summary>
/// <param name="Source">The index.</param>
/// <param name="Name">Its name among the backups.</param>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Newest">The newest backup of this index, as far as the place where backups are kept can tell.</param>
/// <param name="Locked">Whether the index is locked against other backups and restores.</param>
/// <param name="Earlier">The state to compare the snapshot with; null when there is none.</param>
internal sealed record PinnedBackup(IndexSource Source, string Name, PinnedSnapshot Snapshot, BackupSummary? Newest, bool Locked, EarlierState? Earlier)
{
    /// <summary>What looks wrong about the snapshot, compared with that state.</summary>
    public ImmutableArray<Suspicion> Suspicions { get; } =
        Backup.Suspicions.Find(Earlier, new PresentState(Snapshot.Commit.Segments, Snapshot.Files.Sum(file => file.Length)));
}
