using System.Collections.Immutable;

namespace Segvault.Cli.Tests;

/// <summary>Results as the library returns them, made up.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Time = DateTimeOffset.Parse("2026-03-31T20:00:00+02:00");

    public static BackupSummary Backup { get; } = new()
    {
        Id = BackupId.Parse("0123456789abcdef0123456789abcdef"),
        Type = BackupType.Incremental,
        Base = BackupId.Parse("ffff456789abcdef0123456789abcdef"),
        Time = Time,
        Name = "products",
        Host = "search-1",
        Path = "/srv/products",
        Engine = "tantivy",
        Documents = 1_234_567,
        Segments = 8,
        Files = 57,
        Bytes = 3L << 30,
        BytesStored = 12 << 20,
        Note = "before the upgrade",
        Labels = ImmutableSortedDictionary<string, string>.Empty.Add("team", "search"),
    };

    public static BackupManifest Manifest { get; } = new()
    {
        Id = Backup.Id,
        Version = 1,
        CreatedAt = Time.AddSeconds(5),
        PinnedAt = Time,
        Type = BackupType.Full,
        Name = "products",
        Host = "search-1",
        IndexPath = "/srv/products",
        Engine = "tantivy",
        EngineVersions = ["0.22.0", "0.25.0"],
        FormatVersions = [6, 7],
        Segments = [new SegmentSummary("aaaa", 1_000, 20), new SegmentSummary("bbbb", 5, 0)],
        Documents = 1_005,
        DeletedDocuments = 20,
        Files =
        [
            new BackupFile
            {
                Path = "aaaa.idx",
                Length = 5_000,
                ModifiedAt = Time,
                Mode = (UnixFileMode)0b110_100_000,
                Owner = new FileOwner(1000, 1000, "app", "app"),
                Sha256 = new string('a', 64),
                Segment = "aaaa",
                WriteOnce = true,
            },
            new BackupFile { Path = "meta.json", Length = 200, ModifiedAt = Time, Sha256 = new string('b', 64), Damaged = true },
        ],
        TotalSize = 5_200,
        Checksum = new string('c', 64),
        BytesStored = 2_000,
    };

    public static BackupResult Result { get; } = new()
    {
        Backup = Backup,
        Locked = true,
        ForeignFiles = 2,
        BytesRead = 40 << 20,
        BytesNew = 30 << 20,
        BytesStored = 12 << 20,
        Elapsed = TimeSpan.FromSeconds(1.2345),
    };
}
