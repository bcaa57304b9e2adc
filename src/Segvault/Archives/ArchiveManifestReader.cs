using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Segvault.Archives.Compression;
using Segvault.Backup;
using Segvault.Content;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Archives;

/// <summary>
/// Reads the manifest of an archive, of our own making or of somebody else's: the spellings that other programs use are understood, what does not
/// agree with itself is refused.
/// </summary>
internal static class ArchiveManifestReader
{
    private static readonly DateTimeOffset Epoch = DateTimeOffset.UnixEpoch;

    /// <exception cref="ArchiveFormatException">The bytes are no such manifest, or one that contradicts itself.</exception>
    public static ArchiveManifest Read(byte[] bytes, string archive)
    {
        try
        {
            var document = JsonSerializer.Deserialize(bytes.AsSpan(SkipByteOrderMark(bytes)), ArchiveJson.Default.ArchiveManifestDocument)
                ?? throw new FormatException("it is null");
            return ToManifest(document, SHA256.HashData(bytes), archive);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or OverflowException or ArgumentException or InvalidOperationException)
        {
            throw new ArchiveFormatException($"has a {ArchiveManifest.FileName} that is not understood: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    private static ArchiveManifest ToManifest(ArchiveManifestDocument document, byte[] sha256, string archive)
    {
        if (document.Version.Split('.')[0] != ArchiveManifestWriter.Version.Split('.')[0])
            throw new UnsupportedFormatException($"{archive} has a manifest of version {document.Version}, which this version of Segvault does not know.");
        EnsureNoNulls(document);
        var (type, baseArchive) = TypeOf(document);
        var engine = EngineOf(document);
        var files = document.Files.Select(file => ToFile(file, engine)).OrderBy(file => file.File.Path, StringComparer.Ordinal).ToImmutableArray();
        EnsureSound(document, files);
        var name = document.Name ?? NameOf(document.IndexPath) ?? "index";
        var own = files.Where(file => !file.Generated).Select(file => file.File).ToImmutableArray();
        return new ArchiveManifest
        {
            Files = files,
            References = [.. (document.Archives ?? []).Select(reference => new ArchiveReference(
                EnsureFileName(reference.Name), reference.Size, reference.ManifestSha256.ToLowerInvariant()))],
            BaseArchive = baseArchive,
            Sha256 = Convert.ToHexStringLower(sha256),
            KnowsDocuments = document.Documents is not null,
            Backup = new BackupManifest
            {
                // One made by hand has none: the same manifest then always gets the same.
                Id = document.Id is null ? new BackupId(BinaryPrimitives.ReadUInt128BigEndian(sha256)) : BackupId.Parse(document.Id),
                Version = 1,
                CreatedAt = document.CreatedAt,
                PinnedAt = document.PinnedAt ?? document.CreatedAt,
                Type = type,
                Base = document.BaseId is null ? null : BackupId.Parse(document.BaseId),
                Name = name,
                Host = document.Host ?? "",
                IndexPath = document.IndexPath ?? "",
                Engine = engine?.Name ?? document.Engine ?? "",
                EngineVersions = document.EngineVersions is null ? [] : [.. document.EngineVersions],
                FormatVersions = document.FormatVersions is null ? [] : [.. document.FormatVersions],
                Segments = [.. (document.Segments ?? []).Select(segment => new SegmentSummary(segment.Id, segment.Documents, segment.DeletedDocuments))],
                Documents = document.Documents ?? 0,
                DeletedDocuments = document.DeletedDocuments ?? 0,
                Note = document.Note,
                Queries = document.Queries is null ? [] : [.. document.Queries],
                Labels = LabelSet.From(document.Labels),
                Flags = document.Flags is null ? [] : [.. document.Flags],
                Files = own,
                TotalSize = own.Sum(file => file.Length),
                Checksum = ContentChecksum.Compute(own),
            },
        };
    }

    private static void EnsureNoNulls(ArchiveManifestDocument document)
    {
        // The serializer does not look into arrays.
        var lists = (object?[]?[])[document.Files, document.Archives, document.Segments, document.EngineVersions, document.Flags];
        if (Array.Exists(lists, list => list is not null && Array.IndexOf(list, null) >= 0) || document.Labels?.ContainsValue(null!) == true)
            throw new FormatException("a list in it has a null");
    }

    private static void EnsureSound(ArchiveManifestDocument document, ImmutableArray<ArchivedFile> files)
    {
        var total = (UInt128)0;
        foreach (var file in files)
            total += (UInt128)file.File.Length;
        if (document.TotalSize < 0 || total != (UInt128)document.TotalSize)
            throw new FormatException($"total_size is {document.TotalSize}, and its files have {total} bytes");
        if (total > long.MaxValue / 4)
            throw new FormatException($"its files have {total} bytes");
        if (!document.Checksum.Equals(ContentChecksum.Compute(files.Select(file => file.File)), StringComparison.OrdinalIgnoreCase))
            throw new FormatException("checksum is not the SHA-256 of what sha256sum prints for its files");
        var names = (document.Archives ?? []).Select(reference => reference.Name).ToHashSet(StringComparer.Ordinal);
        if (Array.Find([.. files], file => file.Archive is { } archive && !names.Contains(archive)) is { } stray)
            throw new FormatException($"{stray.File.Path} is said to be in {stray.Archive}, which is not among its archives");
    }

    private static ArchivedFile ToFile(ArchivedFileDocument document, IndexEngine? engine)
    {
        var sha256 = document.Checksum ?? document.Sha256 ?? throw new FormatException($"{document.Path} has no checksum");
        if (sha256.Length != 64 || !sha256.All(char.IsAsciiHexDigit))
            throw new FormatException($"the checksum of {document.Path} is no SHA-256");
        if (document.Size < 0)
            throw new FormatException($"{document.Path} has {document.Size} bytes");
        var role = engine?.Classify(document.Path);
        var file = new BackupFile
        {
            Path = document.Path,
            Length = document.Size,
            ModifiedAt = document.Modified is { } modified ? ReadTime(modified) : Epoch,
            CreatedAt = document.Created,
            Mode = document.Mode is null ? null : UnixMode.Parse(document.Mode),
            Owner = document.Owner,
            Sha256 = sha256.ToLowerInvariant(),
            Damaged = document.Damaged ?? false,
            WriteOnce = role == EngineFileRole.WriteOnce,
        };
        return new ArchivedFile(file, document.Archive is null ? null : EnsureFileName(document.Archive), document.Generated ?? role == EngineFileRole.Generated);
    }

    /// <summary>RFC 3339, seconds since 1970, or seconds and nanoseconds as Rust's serde writes a system time.</summary>
    private static DateTimeOffset ReadTime(JsonElement time) => time.ValueKind switch
    {
        JsonValueKind.String => time.GetDateTimeOffset(),
        JsonValueKind.Number => Epoch.AddSeconds(time.GetDouble()),
        JsonValueKind.Null => Epoch,
        JsonValueKind.Object when time.TryGetProperty("secs_since_epoch", out var seconds) => Epoch.AddSeconds(seconds.GetInt64())
            .AddTicks((time.TryGetProperty("nanos_since_epoch", out var nanos) ? nanos.GetInt64() : 0) / TimeSpan.NanosecondsPerTick),
        _ => throw new FormatException($"'{time}' is no time"),
    };

    private static (BackupType Type, string? Base) TypeOf(ArchiveManifestDocument document)
    {
        var type = document.BackupType;
        if (type.ValueKind == JsonValueKind.String)
            return Parse(type.GetString()!) is BackupType.Full ? (BackupType.Full, null) : (BackupType.Incremental, document.BaseBackup);
        if (type.ValueKind != JsonValueKind.Object || type.EnumerateObject().ToList() is not [var only])
            throw new FormatException("backup_type is neither full nor incremental");
        if (Parse(only.Name) is BackupType.Full)
            return (BackupType.Full, null);
        var nested = only.Value.ValueKind == JsonValueKind.Object
            ? only.Value.EnumerateObject().FirstOrDefault(member => member.NameEquals("base_backup") || member.Name.Equals("base_backup", StringComparison.OrdinalIgnoreCase)).Value
            : default;
        return (BackupType.Incremental, nested.ValueKind == JsonValueKind.String ? nested.GetString() : document.BaseBackup);

        static BackupType Parse(string text) =>
            text.Equals("full", StringComparison.OrdinalIgnoreCase) ? BackupType.Full
            : text.Equals("incremental", StringComparison.OrdinalIgnoreCase) ? BackupType.Incremental
            : throw new FormatException($"backup_type is '{text}', neither full nor incremental");
    }

    /// <summary>The engine named; where none is, the one whose commit file is there.</summary>
    private static IndexEngine? EngineOf(ArchiveManifestDocument document) => document.Engine is { } name
        ? IndexEngines.All.FirstOrDefault(engine => engine.Name == name)
        : IndexEngines.All.FirstOrDefault(engine => document.Files.Any(file => engine.Classify(file.Path) == EngineFileRole.Commit));

    /// <summary>The last part of a path of whatever system.</summary>
    private static string? NameOf(string? path) =>
        path?.TrimEnd('/', '\\') is { Length: > 0 } trimmed ? trimmed[(trimmed.LastIndexOfAny(['/', '\\']) + 1)..] : null;

    private static string EnsureFileName(string name) =>
        name.Length > 0 && name is not ("." or "..") && name.IndexOfAny(['/', '\\', '\0']) < 0
            ? name
            : throw new FormatException($"'{name}' is no name of an archive");

    private static int SkipByteOrderMark(byte[] bytes) => bytes is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
}
