using System.Collections.Immutable;

namespace Segvault.Backup;

/// <summary>A remark on an index that looks as if something had happened to it since its last backup.</summary>
/// <param name="Flag">What is recorded with the backup; also the code of the warning.</param>
/// <param name="Message">What a person is told.</param>
internal sealed record Suspicion(string Flag, string Message);

/// <summary>The state of an index that a new one is compared with.</summary>
/// <param name="Backup">The backup that holds it.</param>
/// <param name="Manifest">Its manifest; null when it could not be read.</param>
internal sealed record EarlierState(BackupSummary Backup, BackupManifest? Manifest);

/// <summary>The state of an index as it is now.</summary>
/// <param name="Segments">Its segments.</param>
/// <param name="Bytes">Length of its files together.</param>
internal sealed record PresentState(ImmutableArray<SegmentSummary> Segments, long Bytes)
{
    public long Documents => Segments.Sum(segment => segment.Documents);
}

/// <summary>
/// Compares an index with its earlier state. The rules let pass what applications do every day — merges, deletions that merges make good, an index
/// that is built anew every night — because a mark that comes for nothing is soon not looked at any more.
/// </summary>
internal static class Suspicions
{
    /// <summary>With fewer documents than this, half of them come and go for any reason.</summary>
    private const long FewDocuments = 10;

    /// <summary>Below this, what every segment takes whatever is in it counts more than its documents: a merge shrinks the index by much.</summary>
    private const long FewBytes = 1024 * 1024;

    /// <summary>What speaks against a state.</summary>
    /// <param name="earlier">The state to compare with; null when there is none.</param>
    /// <param name="present">The state as it is now.</param>
    public static ImmutableArray<Suspicion> Find(EarlierState? earlier, PresentState present)
    {
        if (earlier is not { Backup: { Documents: > 0 } backup })
            return [];
        var id = backup.Id.ToShortString();
        if (present.Documents == 0)
        {
            return
            [
                new Suspicion(
                    BackupFlag.LostAllDocuments,
                    $"The index has no documents any more; backup {id} had {backup.Documents}. Restore it if this is a mistake: `segvault restore {id} TARGET`."),
            ];
        }

        var found = ImmutableArray.CreateBuilder<Suspicion>();
        if (HasShrunk(earlier, present) is { } how)
            found.Add(new Suspicion(BackupFlag.Shrank, $"The index {how} in backup {id}. The backup is marked; check whether that was meant."));
        if (earlier.Manifest is { } manifest && IsUnrelated(manifest, present))
        {
            found.Add(new Suspicion(
                BackupFlag.Unrelated,
                $"The index has {present.Documents} documents and no segment in common with backup {id}, which had {backup.Documents}, and no merge explains it: "
                + "it may be another index. The backup is marked; check whether that was meant."));
        }

        return found.ToImmutable();
    }

    private static string? HasShrunk(EarlierState earlier, PresentState present)
    {
        var (before, manifest) = (earlier.Backup, earlier.Manifest);
        if (before.Documents >= FewDocuments && present.Documents < before.Documents - present.Documents)
            return $"has {present.Documents} documents, and had {before.Documents}";

        // Documents deleted take space until a merge, so the size is expected to shrink to what the live ones take.
        var share = Math.Min(1, present.Documents / (double)(before.Documents + (manifest?.DeletedDocuments ?? 0)));
        return manifest is not null && before.Bytes >= FewBytes && present.Bytes < before.Bytes * share / 2
            ? $"has {present.Bytes} bytes for {present.Documents} documents, and had {before.Bytes} for {before.Documents}"
            : null;
    }

    /// <summary>
    /// A merge puts all of a few segments into one, so one that explains that every old segment is gone holds a good part of the old documents; and what
    /// is built anew from the same data has about as many documents as before.
    /// </summary>
    private static bool IsUnrelated(BackupManifest before, PresentState present)
    {
        if (before.Documents < FewDocuments)
            return false;
        var old = before.Segments.Select(segment => segment.Id).ToHashSet(StringComparer.Ordinal);
        var largest = present.Segments.Max(segment => segment.Documents + segment.DeletedDocuments);
        return !present.Segments.Any(segment => old.Contains(segment.Id))
            && largest < before.Documents - largest
            && Math.Abs(present.Documents - before.Documents) > before.Documents / 4;
    }
}
