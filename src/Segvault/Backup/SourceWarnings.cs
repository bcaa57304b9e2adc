namespace Segvault.Backup;

/// <summary>What a person should know of the index that is backed up.</summary>
internal static class SourceWarnings
{
    /// <param name="pinned">The index.</param>
    /// <param name="found">What was found wrong with its files before they were stored.</param>
    /// <param name="rotted">Files that rotted in the index, while the backup has good copies.</param>
    /// <param name="damaged">The files that are, or would be, damaged in the backup itself.</param>
    public static IEnumerable<OperationWarning> For(PinnedBackup pinned, IReadOnlyDictionary<string, string> found, IReadOnlyDictionary<string, string> rotted, IEnumerable<string> damaged)
    {
        foreach (var suspicion in pinned.Suspicions)
            yield return new OperationWarning(suspicion.Flag, suspicion.Message);

        foreach (var file in damaged)
        {
            var reason = found.TryGetValue(file, out var problem) ? $": it {problem}" : "";
            yield return new OperationWarning(ErrorCode.SourceDamaged, $"{file} is damaged in this backup{reason}.");
        }

        foreach (var (file, problem) in rotted)
        {
            yield return new OperationWarning(
                ErrorCode.SourceRotted, $"{Path.Combine(pinned.Snapshot.Directory, file)} {problem}, which this backup uses. Restore it over the index soon.");
        }
    }
}
