using System.Collections.Immutable;
using Segvault.Backup;
using Segvault.Engines;

namespace Segvault.Content;

/// <summary>What the engine reads in the commit file of a backup, compared with what the manifest says.</summary>
internal static class BackedUpCommit
{
    /// <summary>Reads it, and says which files are missing that it names: only a backup that is recorded as damaged lacks any.</summary>
    /// <exception cref="DamageException">The backup is not complete, or cannot be understood.</exception>
    public static async Task<(IndexCommit Commit, ImmutableArray<string> Missing)> ReadAsync(
        BackupManifest manifest, IndexEngine engine, ContentSource content, CancellationToken cancellationToken)
    {
        var commitFiles = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in manifest.Files.Where(file => engine.Classify(file.Path) == EngineFileRole.Commit))
            commitFiles.Add(file.Path, await content.ReadAllAsync(file, cancellationToken).ConfigureAwait(false));
        var commit = engine.ReadCommit(commitFiles.GetValueOrDefault);
        var missing = commit.FindMissing(manifest.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal));
        if (commit.Documents != manifest.Documents)
            throw content.Damaged(null, $"Backup {manifest.Id.ToShortString()} records {manifest.Documents} documents, its commit file {commit.Documents}.");
        if (!missing.IsEmpty && !manifest.Flags.Contains(BackupFlag.Damaged))
            throw content.Damaged(null, $"Backup {manifest.Id.ToShortString()} lacks {missing[0]}, which its commit file names.");
        return (commit, missing);
    }
}
