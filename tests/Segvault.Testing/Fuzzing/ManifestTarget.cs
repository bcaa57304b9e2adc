using System.Collections.Immutable;
using Segvault.Repositories;

namespace Segvault.Testing.Fuzzing;

/// <summary>A manifest, which is understood, and then says the same when it is written again, or is refused.</summary>
internal sealed class ManifestTarget : SealedTarget
{
    private static readonly BackupId Backup = BackupId.Parse("0123456789abcdef0123456789abcdef");
    private static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1));

    public override string Name => "manifests";

    protected override ObjectKind Kind => ObjectKind.Manifest;

    protected override ObjectName ObjectName => new(new ObjectId(Backup.Value));

    public override Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync() => Task.FromResult<IReadOnlyList<FuzzSeed>>(
    [
        new FuzzSeed("everything", ManifestCodec.Encode(Everything(), Repository)),
        new FuzzSeed("no-files", ManifestCodec.Encode(Everything() with { Files = [], Packs = [], Segments = [], Base = null, FormerIds = [] }, Repository)),
    ]);

    protected override Task ReadAsync(byte[] input, CancellationToken cancellationToken)
    {
        try
        {
            if (ManifestCodec.Decode(input, Backup, Repository, out var problem) is not { } manifest)
                return string.IsNullOrEmpty(problem) ? throw new InvalidOperationException("A manifest was refused without a reason.") : Task.CompletedTask;
            _ = CommitRules.NeededBy(manifest);
            if (ManifestCodec.Decode(ManifestCodec.Encode(manifest, Repository), Backup, Repository, out problem) is null)
                throw new InvalidOperationException($"What was understood cannot be written and read again: it {problem}.");
        }
        catch (UnsupportedFormatException)
        {
            // A newer version's: that is an answer.
        }

        return Task.CompletedTask;
    }

    private static BackupManifest Everything() => new()
    {
        Id = Backup,
        Version = ManifestCodec.Version,
        CreatedAt = Time,
        PinnedAt = Time,
        Type = BackupType.Incremental,
        Base = BackupId.Parse("fedcba9876543210fedcba9876543210"),
        Name = "index",
        Host = "host",
        IndexPath = "/srv/index",
        Engine = "tantivy",
        EngineVersions = ["0.25.0"],
        FormatVersions = [7],
        Segments = [new SegmentSummary("00000000000000000000000000000001", 10, 1)],
        Documents = 10,
        DeletedDocuments = 1,
        Note = "before the upgrade",
        Labels = ImmutableSortedDictionary<string, string>.Empty.Add("team", "search"),
        Flags = ["fewer-documents"],
        Queries = ["body:test>=1"],
        TotalSize = 30,
        Checksum = new string('a', 64),
        BytesStored = 20,
        FormerIds = [BackupId.Parse("00000000000000000000000000000002")],
        Packs = [new PackReference(ObjectId.Parse("00112233445566778899aabbccddeeff"), 500, 7)],
        Files =
        [
            File("00000000000000000000000000000001.store", 30) with { Segment = "00000000000000000000000000000001", WriteOnce = true, Footer = [1, 2, 3] },
            File("meta.json", 0) with { Damaged = true, CreatedAt = null, Mode = null, Runs = [] },
        ],
    };

    private static BackupFile File(string path, long length) => new()
    {
        Path = path,
        Length = length,
        ModifiedAt = Time,
        CreatedAt = Time,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Sha256 = new string('b', 64),
        Runs = [new ChunkRun(0, 0, 1, length)],
    };
}
