using System.Text.Json;
using Segvault.Backup;
using Segvault.Content;
using Segvault.Repositories;

namespace Segvault.Archives;

/// <summary>Writes the manifest of an archive.</summary>
internal static class ArchiveManifestWriter
{
    /// <summary>The version of the manifest's shape.</summary>
    public const string Version = "1.0";

    public static byte[] ToBytes(ArchiveManifest manifest) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(ToDocument(manifest), ArchiveJson.Readable.ArchiveManifestDocument), (byte)'\n'];

    private static ArchiveManifestDocument ToDocument(ArchiveManifest manifest)
    {
        var backup = manifest.Backup;
        return new ArchiveManifestDocument
        {
            Version = Version,
            Id = backup.Id.ToString(),
            CreatedAt = backup.CreatedAt,
            PinnedAt = backup.PinnedAt,
            IndexPath = backup.IndexPath,
            BackupType = JsonSerializer.SerializeToElement(backup.Type == BackupType.Full ? "full" : "incremental", ArchiveJson.Readable.String),
            BaseBackup = manifest.BaseArchive,
            BaseId = backup.Base?.ToString(),
            Name = backup.Name,
            Host = backup.Host,
            Engine = backup.Engine,
            EngineVersions = [.. backup.EngineVersions],
            FormatVersions = [.. backup.FormatVersions],
            Documents = backup.Documents,
            DeletedDocuments = backup.DeletedDocuments,
            Segments = [.. backup.Segments.Select(segment => new ArchivedSegmentDocument(segment.Id, segment.Documents, segment.DeletedDocuments))],
            Note = backup.Note,
            Queries = backup.Queries.IsEmpty ? null : [.. backup.Queries],
            Labels = LabelSet.ToJson(backup.Labels),
            Flags = backup.Flags.IsEmpty ? null : [.. backup.Flags],
            TotalSize = manifest.TotalSize,
            Checksum = ContentChecksum.Compute(manifest.Files.Select(file => file.File)),
            Archives = manifest.References.IsEmpty
                ? null
                : [.. manifest.References.Select(reference => new ArchiveReferenceDocument(reference.Name, reference.Length, reference.ManifestSha256))],
            Files = [.. manifest.Files.Select(ToDocument)],
        };
    }

    private static ArchivedFileDocument ToDocument(ArchivedFile archived)
    {
        var file = archived.File;
        return new ArchivedFileDocument
        {
            Path = file.Path,
            Size = file.Length,
            Modified = JsonSerializer.SerializeToElement(file.ModifiedAt, ArchiveJson.Readable.DateTimeOffset),
            Created = file.CreatedAt,
            Checksum = file.Sha256,
            Archive = archived.Archive,
            Generated = archived.Generated ? true : null,
            Damaged = file.Damaged ? true : null,
            Mode = file.Mode is { } mode ? UnixMode.ToText(mode) : null,
            Owner = file.Owner,
        };
    }
}
