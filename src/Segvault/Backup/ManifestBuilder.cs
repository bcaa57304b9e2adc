using System.Collections.Immutable;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>Puts together what a backup is: of files just stored, and of files that earlier backups stored.</summary>
internal sealed class ManifestBuilder(PinnedBackup pinned, BackupDecision decision, PackSet packs, BackupOptions options, TimeProvider timeProvider)
{
    private readonly List<PackReference> _table = [];
    private readonly Dictionary<ObjectId, int> _indexes = [];

    public BackupManifest Build(IReadOnlyDictionary<string, StoredFile> stored, IReadOnlyDictionary<string, string> damaged, BackupType type)
    {
        var snapshot = pinned.Snapshot;
        var files = decision.Files
            .Select(file => file.Reuse is { } known ? Reused(file.File, known) : Stored(file.File, stored[file.File.Path], damaged.ContainsKey(file.File.Path)))
            .OrderBy(file => file.Path, StringComparer.Ordinal)
            .ToImmutableArray();
        return ManifestFrame.Of(pinned, options, type, files, damaged.Count > 0, timeProvider) with
        {
            Base = decision.Base,
            BytesStored = packs.BytesStored,
            Packs = [.. _table],
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
        };
    }

    private BackupFile Reused(SnapshotFile file, KnownFile known) => ManifestFrame.Describe(file) with
    {
        Sha256 = known.File.Sha256,
        Footer = known.File.Footer,
        Runs = [.. known.File.Runs.Select(run => run with { Pack = IndexOf(known.Manifest.Packs[run.Pack]) })],
    };

    private BackupFile Stored(SnapshotFile file, StoredFile stored, bool damaged) => ManifestFrame.Describe(file) with
    {
        Sha256 = stored.Verdict.Sha256,
        Footer = stored.Verdict.Footer,
        Damaged = damaged,
        Runs = [.. stored.Runs.Select(run => new ChunkRun(IndexOf(Written(run.Pack)), run.FirstChunk, run.Count, run.Length))],
    };

    private PackReference Written(ObjectId pack) => packs.Packs.First(reference => reference.Id == pack);

    private int IndexOf(PackReference pack)
    {
        if (!_indexes.TryGetValue(pack.Id, out var index))
        {
            index = _table.Count;
            _indexes.Add(pack.Id, index);
            _table.Add(pack);
        }

        return index;
    }
}
