using System.Collections.Immutable;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>Puts together what a backup is: of files just stored, and of files that earlier backups stored.</summary>
internal sealed class ManifestBuilder(PinnedBackup pinned, BackupDecision decision, PackSet packs, BackupOptions options, TimeProvider timeProvider)
{
    private readonly PackTable _table = new(packs);

    public BackupManifest Build(IReadOnlyDictionary<string, StoredFile> stored, IReadOnlyDictionary<string, string> damaged, BackupType type)
    {
        var files = decision.Files
            .Select(file => file.Reuse is { } known
                ? _table.Reuse(ManifestFrame.Describe(file.File), known)
                : _table.Store(ManifestFrame.Describe(file.File) with { Damaged = damaged.ContainsKey(file.File.Path) }, stored[file.File.Path]))
            .OrderBy(file => file.Path, StringComparer.Ordinal)
            .ToImmutableArray();
        return ManifestFrame.Of(pinned, options, type, files, damaged.Count > 0, timeProvider) with
        {
            Base = decision.Base,
            BytesStored = packs.BytesStored,
            Packs = _table.ToArray(),
        };
    }

    /// <summary>The log's entry for a manifest: everything that a list shows.</summary>
    public static AddBody ToLogEntry(BackupManifest manifest, IReadOnlyList<PackReference> newPacks, long length, string sha256)
    {
        var written = newPacks.Select(pack => pack.Id).ToHashSet();
        var newSegments = manifest.Files
            .Where(file => file is { WriteOnce: true, Segment: not null } && file.Runs.Any(run => written.Contains(manifest.Packs[run.Pack].Id)))
            .Select(file => file.Segment!)
            .Distinct(StringComparer.Ordinal);
        return new AddBody
        {
            Backup = manifest.Id.ToString(),
            Manifest = ManifestStore.NameOf(manifest.Id),
            ManifestSha256 = sha256,
            ManifestLength = length,
            Type = manifest.Type,
            Base = manifest.Base?.ToString(),
            PinnedAt = manifest.PinnedAt,
            Name = manifest.Name,
            Host = manifest.Host,
            Path = manifest.IndexPath,
            Engine = manifest.Engine,
            Documents = manifest.Documents,
            Segments = manifest.Segments.Length,
            Files = manifest.Files.Length,
            Bytes = manifest.TotalSize,
            BytesStored = manifest.BytesStored,
            Note = manifest.Note,
            Labels = LabelSet.ToJson(manifest.Labels),
            Flags = manifest.Flags.IsEmpty ? null : [.. manifest.Flags],
            NewSegments = [.. newSegments],
            FormerIds = manifest.FormerIds.IsEmpty ? null : [.. manifest.FormerIds.Select(id => id.ToString())],
            Replaces = manifest.FormerIds.IsEmpty ? null : manifest.FormerIds[^1].ToString(),
        };
    }
}
