using System.Globalization;
using Segvault.Cli.Output;

namespace Segvault.Cli.Reports;

internal sealed record ShowLine() : SummaryLine("show")
{
    public required string Id { get; init; }
    public required int Version { get; init; }
    public required DateTime CreatedAt { get; init; }
    public required DateTime PinnedAt { get; init; }
    public required string BackupType { get; init; }
    public required string? Base { get; init; }
    public required string Name { get; init; }
    public required string Host { get; init; }
    public required string IndexPath { get; init; }
    public required string Engine { get; init; }
    public required IReadOnlyList<string> EngineVersions { get; init; }
    public required IReadOnlyList<int> FormatVersions { get; init; }
    public required string? ReadableBy { get; init; }
    public required IReadOnlyList<SegmentSummary> Segments { get; init; }
    public required long Documents { get; init; }
    public required long DeletedDocuments { get; init; }
    public required string? Note { get; init; }
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    public required IReadOnlyList<string> Flags { get; init; }
    public required IReadOnlyList<string> Queries { get; init; }
    public required IReadOnlyList<ShownFile> Files { get; init; }
    public required long TotalSize { get; init; }
    public required string Checksum { get; init; }
    public required long BytesStored { get; init; }

    public static ShowLine From(BackupManifest manifest) => new()
    {
        Id = manifest.Id.ToString(),
        Version = manifest.Version,
        CreatedAt = manifest.CreatedAt.UtcDateTime,
        PinnedAt = manifest.PinnedAt.UtcDateTime,
        BackupType = Names.Of(manifest.Type),
        Base = manifest.Base?.ToString(),
        Name = manifest.Name,
        Host = manifest.Host,
        IndexPath = manifest.IndexPath,
        Engine = manifest.Engine,
        EngineVersions = manifest.EngineVersions,
        FormatVersions = manifest.FormatVersions,
        ReadableBy = TantivyVersions.ReadableBy(manifest.Engine, manifest.FormatVersions),
        Segments = manifest.Segments,
        Documents = manifest.Documents,
        DeletedDocuments = manifest.DeletedDocuments,
        Note = manifest.Note,
        Labels = manifest.Labels,
        Flags = manifest.Flags,
        Queries = manifest.Queries,
        Files = [.. manifest.Files.Select(ShownFile.From)],
        TotalSize = manifest.TotalSize,
        Checksum = manifest.Checksum,
        BytesStored = manifest.BytesStored,
    };
}

/// <summary>One file of a manifest.</summary>
internal sealed record ShownFile
{
    public required string Path { get; init; }
    public required long Length { get; init; }
    public required DateTime ModifiedAt { get; init; }
    public required DateTime? CreatedAt { get; init; }

    /// <summary>Permissions in octal, as <c>chmod</c> takes them.</summary>
    public required string? Mode { get; init; }
    public required FileOwner? Owner { get; init; }
    public required string Sha256 { get; init; }
    public required string? Segment { get; init; }
    public required bool WriteOnce { get; init; }
    public required bool Damaged { get; init; }

    public static ShownFile From(BackupFile file) => new()
    {
        Path = file.Path,
        Length = file.Length,
        ModifiedAt = file.ModifiedAt.UtcDateTime,
        CreatedAt = file.CreatedAt?.UtcDateTime,
        Mode = file.Mode is { } mode ? Convert.ToString((int)mode, 8).PadLeft(4, '0') : null,
        Owner = file.Owner,
        Sha256 = file.Sha256,
        Segment = file.Segment,
        WriteOnce = file.WriteOnce,
        Damaged = file.Damaged,
    };
}

/// <summary>A manifest for people.</summary>
internal static class ShowText
{
    public static void Write(HumanWriter people, BackupManifest manifest)
    {
        people.Values(
            ("backup", manifest.Id.ToString()),
            ("type", Names.Of(manifest.Type) + (manifest.Base is { } earlier ? $", compared with {earlier}" : "")),
            ("pinned", Quantities.LocalTime(manifest.PinnedAt, people.TimeProvider)),
            ("name", manifest.Name),
            ("index", $"{manifest.IndexPath} on {manifest.Host}"),
            ("engine", TantivyVersions.Describe(manifest.Engine, manifest.EngineVersions, manifest.FormatVersions)),
            ("documents", $"{Quantities.Count(manifest.Documents)} ({Quantities.Count(manifest.DeletedDocuments)} deleted, not yet merged away)"),
            ("segments", Quantities.Count(manifest.Segments.Length)),
            ("size", $"{Quantities.Bytes(manifest.TotalSize)} in {Quantities.Count(manifest.Files.Length, "file")}, {Quantities.Bytes(manifest.BytesStored)} stored by this backup"),
            ("checksum", manifest.Checksum),
            ("note", manifest.Note),
            ("labels", manifest.Labels.IsEmpty ? null : string.Join(", ", manifest.Labels.Select(label => $"{label.Key}={label.Value}"))),
            ("flags", manifest.Flags.IsEmpty ? null : string.Join(", ", manifest.Flags)),
            ("queries", manifest.Queries.IsEmpty ? null : string.Join(", ", manifest.Queries)),
            ("format", $"manifest version {manifest.Version.ToString(CultureInfo.InvariantCulture)}"));

        if (!manifest.Segments.IsEmpty)
        {
            people.Line();
            people.Table(
                ["SEGMENT", ">DOCUMENTS", ">DELETED"],
                manifest.Segments.Select(segment => (string[])[segment.Id, Quantities.Count(segment.Documents), Quantities.Count(segment.DeletedDocuments)]));
        }

        people.Line();
        people.Table(
            ["SHA-256", ">SIZE", "FILE"],
            manifest.Files.Select(file => (string[])[file.Sha256, Quantities.Bytes(file.Length), file.Damaged ? $"{file.Path} (damaged)" : file.Path]));
    }
}
