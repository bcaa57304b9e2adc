namespace Segvault.Repositories;

/// <summary>
/// What keeps live backups whole, as questions to a folded log and nothing else. Whoever writes an entry asks them of exactly the state that the
/// entry follows, and asks again whenever somebody else was faster.
/// </summary>
internal static class CommitRules
{
    /// <summary>Names of everything that a backup cannot be restored without.</summary>
    public static IReadOnlyList<string> NeededBy(BackupManifest manifest) =>
        [.. manifest.Packs.Select(pack => PackFormat.NameOf(pack.Id)), ManifestStore.NameOf(manifest.Id)];

    /// <summary>True when a backup may be added, for the first time or again: nothing that it needs, old or just written, was ever erased.</summary>
    public static bool MayAdd(LogState state, IEnumerable<string> needed) => FindErased(state, needed) is null;

    /// <summary>What forbids adding a backup; null when nothing does.</summary>
    public static string? FindErased(LogState state, IEnumerable<string> needed) => needed.FirstOrDefault(state.Erased.Contains);

    /// <summary>True when a new backup may refer to a pack of an earlier one instead of storing its content again.</summary>
    /// <param name="state">The log.</param>
    /// <param name="pack">The pack, as the earlier backup recorded it.</param>
    /// <param name="seen">The length that it has in the store now; null when it is not there.</param>
    public static bool MayReuse(LogState state, PackReference pack, long? seen) => seen == pack.Length && state.MayRelyOn(pack.Id);

    /// <summary>The backup that answers for an unchanged index; null when it is no longer there to be relied on.</summary>
    public static BackupRecord? FindHolder(LogState state, BackupId backup, IEnumerable<PackReference> packs) =>
        state.Backups.GetValueOrDefault(backup.ToString()) is { RemovedAt: null } record && packs.All(pack => state.MayRelyOn(pack.Id)) ? record : null;

    /// <summary>
    /// True when a manifest in the store may be that of a live backup although the log does not say so: the entry that added it, or brought it back after its
    /// removal, is lost, or was never made.
    /// </summary>
    public static bool MayBeLost(LogState state, BackupId backup) => IsUnknown(state, backup) || WasRemovedBeforeALoss(state, backup);

    /// <summary>True when a lost entry that is not recovered yet may have brought a removed backup back. One that was replaced by a repaired copy stays away.</summary>
    public static bool WasRemovedBeforeALoss(LogState state, BackupId backup) =>
        state.Recovering
        && state.Backups.GetValueOrDefault(backup.ToString())?.RemovedIn is { } removed
        && state.Skipped.Exists(lost => removed < lost.First)
        && !state.Live.Any(add => add.FormerIds?.Contains(backup.ToString()) == true);

    /// <summary>True when a manifest in the store is of a backup that the log has said nothing about: its entry is lost, or was never made.</summary>
    public static bool IsUnknown(LogState state, BackupId backup) =>
        !state.Backups.ContainsKey(backup.ToString()) && !state.Erased.Contains(ManifestStore.NameOf(backup));
}
