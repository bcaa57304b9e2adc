using System.Globalization;
using System.Text.Json;
using Segvault.Chunks;
using Segvault.Chunks.DocStore;
using Segvault.Content;

namespace Segvault.Repositories;

/// <summary>Turns a manifest into the object that is stored, and back.</summary>
internal static class ManifestCodec
{
    public const int Version = 1;

    public static byte[] Encode(BackupManifest manifest, ObjectId repository) => SealedObject.Seal(
        ObjectKind.Manifest,
        repository,
        new ObjectName(new ObjectId(manifest.Id.Value)),
        JsonSerializer.SerializeToUtf8Bytes(ToDocument(manifest), RepositoryJson.Default.ManifestDocument));

    /// <summary>Returns the manifest; null when the object is damaged, and then what is wrong with it.</summary>
    public static BackupManifest? Decode(ReadOnlySpan<byte> bytes, BackupId backup, ObjectId repository, out string? problem)
    {
        var body = SealedObject.Open(bytes, ObjectKind.Manifest, repository, new ObjectName(new ObjectId(backup.Value)), out problem);
        if (body is null)
            return null;
        try
        {
            var document = JsonSerializer.Deserialize(body, RepositoryJson.Default.ManifestDocument) ?? throw new JsonException("it is null");
            if (document.Version > Version)
                throw new UnsupportedFormatException($"The manifest of backup {backup} has version {document.Version}; this version reads {Version}.");
            var manifest = ToManifest(document);
            problem = FindContradiction(manifest, backup);
            return problem is null ? manifest : null;
        }
        catch (Exception exception) when (exception is JsonException or FormatException or OverflowException or IndexOutOfRangeException or ArgumentException)
        {
            problem = $"cannot be understood: {exception.Message}";
            return null;
        }
    }

    private static string? FindContradiction(BackupManifest manifest, BackupId backup)
    {
        if (manifest.Id != backup)
            return $"describes backup {manifest.Id}";
        foreach (var file in manifest.Files)
        {
            if (file.Runs.Any(run => run.Pack < 0 || run.Pack >= manifest.Packs.Length || run.Count < 0 || run.Length < 0))
                return $"refers to a pack that it does not list, for {file.Path}";
            if (file.Runs.Sum(run => run.Length) != file.Length)
                return $"does not account for all bytes of {file.Path}";
        }

        return null;
    }

    private static ManifestDocument ToDocument(BackupManifest manifest) => new()
    {
        Version = manifest.Version,
        Id = manifest.Id.ToString(),
        CreatedAt = manifest.CreatedAt,
        PinnedAt = manifest.PinnedAt,
        BackupType = manifest.Type,
        Base = manifest.Base?.ToString(),
        Name = manifest.Name,
        Host = manifest.Host,
        IndexPath = manifest.IndexPath,
        Engine = manifest.Engine,
        EngineVersions = [.. manifest.EngineVersions],
        FormatVersions = [.. manifest.FormatVersions],
        Segments = [.. manifest.Segments.Select(segment => new SegmentDocument(segment.Id, segment.Documents, segment.DeletedDocuments))],
        Documents = manifest.Documents,
        DeletedDocuments = manifest.DeletedDocuments,
        Note = manifest.Note,
        Labels = LabelSet.ToJson(manifest.Labels),
        Flags = manifest.Flags.IsEmpty ? null : [.. manifest.Flags],
        Queries = manifest.Queries.IsEmpty ? null : [.. manifest.Queries],
        TotalSize = manifest.TotalSize,
        Checksum = manifest.Checksum,
        BytesStored = manifest.BytesStored,
        FormerIds = manifest.FormerIds.IsEmpty ? null : [.. manifest.FormerIds.Select(id => id.ToString())],
        Cutter = $"{FixedCutter.Name},{BlockCutter.Name}",
        Packs = [.. manifest.Packs.Select(pack => new PackDocument(pack.Id.ToString(), pack.Length, pack.Checksum.ToString("x32", CultureInfo.InvariantCulture)))],
        Files = [.. manifest.Files.Select(ToDocument)],
    };

    private static FileDocument ToDocument(BackupFile file) => new()
    {
        Path = file.Path,
        Length = file.Length,
        Modified = file.ModifiedAt,
        Created = file.CreatedAt,
        Mode = file.Mode is { } mode ? UnixMode.ToText(mode) : null,
        Owner = file.Owner,
        Sha256 = file.Sha256,
        Segment = file.Segment,
        WriteOnce = file.WriteOnce,
        Damaged = file.Damaged ? true : null,
        Footer = file.Footer.IsEmpty ? null : [.. file.Footer],
        Runs = [.. file.Runs.Select(run => new[] { run.Pack, run.FirstChunk, run.Count, run.Length })],
    };

    private static BackupManifest ToManifest(ManifestDocument document) => new()
    {
        Version = document.Version,
        Id = BackupId.Parse(document.Id),
        CreatedAt = document.CreatedAt,
        PinnedAt = document.PinnedAt,
        Type = document.BackupType,
        Base = document.Base is null ? null : BackupId.Parse(document.Base),
        Name = document.Name,
        Host = document.Host,
        IndexPath = document.IndexPath,
        Engine = document.Engine,
        EngineVersions = [.. Whole(document.EngineVersions)],
        FormatVersions = [.. document.FormatVersions],
        Segments = [.. Whole(document.Segments).Select(segment => new SegmentSummary(segment.Id, segment.Documents, segment.DeletedDocuments))],
        Documents = document.Documents,
        DeletedDocuments = document.DeletedDocuments,
        Note = document.Note,
        Labels = LabelSet.From(document.Labels?.ContainsValue(null!) == true ? throw Incomplete() : document.Labels),
        Flags = document.Flags is null ? [] : [.. Whole(document.Flags)],
        Queries = document.Queries is null ? [] : [.. Whole(document.Queries)],
        Files = [.. Whole(document.Files).Select(ToFile)],
        TotalSize = document.TotalSize,
        Checksum = document.Checksum,
        BytesStored = document.BytesStored,
        FormerIds = document.FormerIds is null ? [] : [.. Whole(document.FormerIds).Select(BackupId.Parse)],
        Packs = [.. Whole(document.Packs).Select(pack => new PackReference(
            ObjectId.Parse(pack.Id), pack.Length, UInt128.Parse(pack.Checksum, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)))],
    };

    private static BackupFile ToFile(FileDocument file) => new()
    {
        Path = file.Path,
        Length = file.Length,
        ModifiedAt = file.Modified,
        CreatedAt = file.Created,
        Mode = file.Mode is null ? null : UnixMode.Parse(file.Mode),
        Owner = file.Owner,
        Sha256 = file.Sha256,
        Segment = file.Segment,
        WriteOnce = file.WriteOnce,
        Damaged = file.Damaged ?? false,
        Footer = file.Footer is null ? [] : [.. file.Footer],
        Runs = [.. Whole(file.Runs).Select(run => new ChunkRun(checked((int)run[0]), checked((int)run[1]), checked((int)run[2]), run[3]))],
    };

    /// <summary>A list without empty places, which JSON may have and nothing here does.</summary>
    private static T[] Whole<T>(T[] list)
        where T : class => list.Contains(null) ? throw Incomplete() : list;

    private static JsonException Incomplete() => new("a value is missing");
}
