namespace Segvault.Repositories;

/// <summary>A manifest as its JSON has it. Fields are only ever added.</summary>
internal sealed record ManifestDocument
{
    public required int Version { get; init; }

    public required string Id { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset PinnedAt { get; init; }

    public required BackupType BackupType { get; init; }

    public string? Base { get; init; }

    public required string Name { get; init; }

    public required string Host { get; init; }

    public required string IndexPath { get; init; }

    public required string Engine { get; init; }

    public required string[] EngineVersions { get; init; }

    public required int[] FormatVersions { get; init; }

    public required SegmentDocument[] Segments { get; init; }

    public required long Documents { get; init; }

    public required long DeletedDocuments { get; init; }

    public string? Note { get; init; }

    public SortedDictionary<string, string>? Labels { get; init; }

    public string[]? Flags { get; init; }

    public string[]? Queries { get; init; }

    public required long TotalSize { get; init; }

    public required string Checksum { get; init; }

    public required long BytesStored { get; init; }

    /// <summary>The ids that the backup had before it was repaired.</summary>
    public string[]? FormerIds { get; init; }

    /// <summary>How files were cut into chunks.</summary>
    public required string Cutter { get; init; }

    public required PackDocument[] Packs { get; init; }

    public required FileDocument[] Files { get; init; }
}

internal sealed record SegmentDocument(string Id, long Documents, long DeletedDocuments);

/// <summary>A pack: its name, size and the checksum in its trailer, in hexadecimal.</summary>
internal sealed record PackDocument(string Id, long Length, string Checksum);

internal sealed record FileDocument
{
    public required string Path { get; init; }

    public required long Length { get; init; }

    public required DateTimeOffset Modified { get; init; }

    public DateTimeOffset? Created { get; init; }

    /// <summary>Permission bits in octal, such as <c>0644</c>.</summary>
    public string? Mode { get; init; }

    public FileOwner? Owner { get; init; }

    public required string Sha256 { get; init; }

    public string? Segment { get; init; }

    public required bool WriteOnce { get; init; }

    public bool? Damaged { get; init; }

    /// <summary>The engine's footer in Base64.</summary>
    public byte[]? Footer { get; init; }

    /// <summary>Each run as four numbers: index of the pack, first chunk, number of chunks, bytes of content.</summary>
    public required long[][] Runs { get; init; }
}
