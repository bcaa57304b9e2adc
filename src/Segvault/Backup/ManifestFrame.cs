using System.Collections.Immutable;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>What every new manifest says, wherever the bytes are kept.</summary>
internal static class ManifestFrame
{
    /// <summary>A manifest of the files given, which are in path order.</summary>
    public static BackupManifest Of(
        PinnedBackup pinned, BackupOptions options, BackupType type, ImmutableArray<BackupFile> files, bool damaged, TimeProvider timeProvider)
    {
        var snapshot = pinned.Snapshot;
        return new BackupManifest
        {
            Id = BackupId.NewRandom(),
            Version = ManifestCodec.Version,
            CreatedAt = timeProvider.GetUtcNow(),
            PinnedAt = snapshot.PinnedAt,
            Type = type,
            Name = pinned.Name,
            Host = Environment.MachineName,
            IndexPath = Path.TrimEndingDirectorySeparator(pinned.Source.Path),
            Engine = snapshot.Engine,
            EngineVersions = snapshot.EngineVersions,
            FormatVersions = snapshot.FormatVersions,
            Segments = snapshot.Commit.Segments,
            Documents = snapshot.Commit.Documents,
            DeletedDocuments = snapshot.Commit.DeletedDocuments,
            Note = options.Note,
            Labels = options.Labels,
            Queries = [.. options.Queries.Select(query => query.ToString())],
            Flags = Flags(pinned, damaged),
            Files = files,
            TotalSize = files.Sum(file => file.Length),
            Checksum = ContentChecksum.Compute(files),
        };
    }

    /// <summary>The remarks on a backup of a snapshot.</summary>
    public static ImmutableArray<string> Flags(PinnedBackup pinned, bool damaged) =>
        [.. damaged ? [BackupFlag.Damaged] : Array.Empty<string>(), .. pinned.Suspicions.Select(suspicion => suspicion.Flag)];

    /// <summary>What a snapshot tells of a file; its SHA-256 is still to come.</summary>
    public static BackupFile Describe(SnapshotFile file) => new()
    {
        Path = file.Path,
        Length = file.Length,
        ModifiedAt = file.ModifiedAt,
        CreatedAt = file.CreatedAt,
        Mode = file.Mode,
        Owner = file.Owner,
        Segment = file.Segment,
        WriteOnce = file.Role == EngineFileRole.WriteOnce,
        Sha256 = "",
    };
}
