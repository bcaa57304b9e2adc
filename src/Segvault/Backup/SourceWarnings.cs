namespace Segvault.Backup;

/// <summary>What a person should know of the index that is backed up.</summary>
internal static class SourceWarnings
{
    /// <summary><paramref name="damaged"/> names the files that are, or would be, damaged in the backup itself.</summary>
    public static IEnumerable<OperationWarning> For(PinnedBackup pinned, BackupDecision decision, IEnumerable<string> damaged)
    {
        if (pinned.LostSince is { } full)
        {
            var id = full.Id.ToShortString();
            yield return new OperationWarning(
                ErrorCode.LostAllDocuments,
                $"The index has no documents any more; backup {id} had {full.Documents}. Restore it if this is a mistake: `segvault restore {id} TARGET`.");
        }

        foreach (var file in damaged)
        {
            var reason = decision.Damaged.TryGetValue(file, out var problem) ? $": it {problem}" : "";
            yield return new OperationWarning(ErrorCode.SourceDamaged, $"{file} is damaged in this backup{reason}.");
        }

        foreach (var (file, problem) in decision.Rotted)
        {
            yield return new OperationWarning(
                ErrorCode.SourceRotted, $"{Path.Combine(pinned.Snapshot.Directory, file)} {problem}, which this backup uses. Restore it over the index soon.");
        }
    }
}
