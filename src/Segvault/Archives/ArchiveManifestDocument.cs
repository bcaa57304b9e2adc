using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Segvault.Archives;

/// <summary>An archive's manifest as its JSON has it. Only what a manifest made by hand must have is required; fields are only ever added.</summary>
internal sealed record ArchiveManifestDocument
{
    /// <summary>A text such as <c>1.0</c>.</summary>
    public required string Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public string? IndexPath { get; init; }

    /// <summary><c>full</c> or <c>incremental</c>; or, nested, an object with the one member <c>incremental</c>, which has <c>base_backup</c>.</summary>
    public required JsonElement BackupType { get; init; }

    public string? BaseBackup { get; init; }

    public string? BaseId { get; init; }

    public string? Id { get; init; }

    public DateTimeOffset? PinnedAt { get; init; }

    public string? Name { get; init; }

    public string? Host { get; init; }

    public string? Engine { get; init; }

    public string[]? EngineVersions { get; init; }

    public int[]? FormatVersions { get; init; }

    public long? Documents { get; init; }

    public long? DeletedDocuments { get; init; }

    public ArchivedSegmentDocument[]? Segments { get; init; }

    public string? Note { get; init; }

    public string[]? Queries { get; init; }

    public SortedDictionary<string, string>? Labels { get; init; }

    public string[]? Flags { get; init; }

    /// <summary>Bytes of all files together.</summary>
    public required long TotalSize { get; init; }

    /// <summary>SHA-256 of what <c>sha256sum</c> prints for all files in path order.</summary>
    public required string Checksum { get; init; }

    public ArchiveReferenceDocument[]? Archives { get; init; }

    public required ArchivedFileDocument[] Files { get; init; }
}

internal sealed record ArchivedSegmentDocument(string Id, long Documents, long DeletedDocuments);

internal sealed record ArchiveReferenceDocument(string Name, long Size, string ManifestSha256);

internal sealed record ArchivedFileDocument
{
    public required string Path { get; init; }

    public required long Size { get; init; }

    /// <summary>RFC 3339; seconds since 1970; or an object with <c>secs_since_epoch</c> and <c>nanos_since_epoch</c>.</summary>
    public JsonElement? Modified { get; init; }

    public DateTimeOffset? Created { get; init; }

    /// <summary>SHA-256 in hexadecimal.</summary>
    public string? Checksum { get; init; }

    /// <summary>Another spelling of <see cref="Checksum"/>.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The archive that holds the file; absent when it is this one.</summary>
    public string? Archive { get; init; }

    public bool? Generated { get; init; }

    public bool? Damaged { get; init; }

    /// <summary>Permission bits in octal, such as <c>0644</c>.</summary>
    public string? Mode { get; init; }

    public FileOwner? Owner { get; init; }
}

/// <summary>How an archive's manifest is written: for people and other programs, in the spelling of other ecosystems. Read in any case.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    PropertyNameCaseInsensitive = true,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(ArchiveManifestDocument))]
internal sealed partial class ArchiveJson : JsonSerializerContext
{
    /// <summary>For writing: it goes into a file, never into HTML, and times and names stay readable.</summary>
    public static ArchiveJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    });
}
