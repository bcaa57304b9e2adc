using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using Segvault.Backup;
using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Backup;

public sealed class ManifestTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_manifest_says_what_was_backed_up()
    {
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("products"), segments: 2, documentsPerSegment: 50);
        await bench.BackUpAsync(index.Directory);
        index.AddDelete(index.Segments[0], 3);
        index.WriteMeta();
        await File.WriteAllTextAsync(index.PathOf("notes.txt"), "not the engine's", Token);
        var before = DateTimeOffset.Now;
        var labels = ImmutableSortedDictionary<string, string>.Empty.Add("release", "4.2 ü").Add("a", "");
        var backup = await bench.BackUpAsync(index.Directory, new BackupOptions { Note = "before the\nmove", Labels = labels });
        await using var reader = await bench.OpenAnotherAsync();
        var manifest = await reader.ReadManifestAsync(backup);

        Assert.Equal(backup.Backup.Id, manifest.Id);
        Assert.Equal(1, manifest.Version);
        Assert.InRange(manifest.PinnedAt, before, manifest.CreatedAt);
        Assert.InRange(manifest.CreatedAt, before, DateTimeOffset.Now);
        Assert.Equal(BackupType.Incremental, manifest.Type);
        Assert.Equal(backup.Backup.Base, manifest.Base);
        Assert.Equal("products", manifest.Name);
        Assert.Equal(Environment.MachineName, manifest.Host);
        Assert.Equal(index.Directory, manifest.IndexPath);
        Assert.Equal("tantivy", manifest.Engine);
        Assert.Equal(["0.25.0"], manifest.EngineVersions);
        Assert.Equal([7], manifest.FormatVersions);
        Assert.Equal(97, manifest.Documents);
        Assert.Equal(3, manifest.DeletedDocuments);
        Assert.Equal(
            index.Segments.Select(segment => (segment.Id, segment.Documents - segment.Deleted, segment.Deleted)).Order(),
            manifest.Segments.Select(segment => (segment.Id, (uint)segment.Documents, (uint)segment.DeletedDocuments)).Order());
        Assert.Equal("before the\nmove", manifest.Note);
        Assert.Equal(labels, manifest.Labels);
        Assert.Empty(manifest.Flags);
        Assert.Equal(index.LiveFiles, manifest.Files.Select(file => file.Path));
        Assert.Equal(manifest.Files.Sum(file => file.Length), manifest.TotalSize);
        Assert.Equal(backup.BytesStored, manifest.BytesStored);
        Assert.Equal(1, backup.ForeignFiles);
        foreach (var file in manifest.Files)
        {
            var info = new FileInfo(index.PathOf(file.Path));
            byte[] content = await File.ReadAllBytesAsync(info.FullName, Token);
            Assert.Equal(info.Length, file.Length);
            Assert.Equal(info.LastWriteTimeUtc, file.ModifiedAt.UtcDateTime);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), file.Sha256);
            Assert.Equal(!file.Path.EndsWith(".del", StringComparison.Ordinal) && file.Path != "meta.json", file.WriteOnce);
            Assert.Equal(file.Path == "meta.json" ? null : file.Path[..32], file.Segment);
            Assert.Equal(file.Path == "meta.json", file.Footer.IsEmpty);
            Assert.True(content.AsSpan().EndsWith(file.Footer.AsSpan()));
            Assert.False(file.Damaged);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(info.UnixFileMode, file.Mode);
                Assert.NotNull(file.Owner);
            }
        }

        var summary = (await reader.ListAsync())[^1];
        Assert.Equal(
            (manifest.Id, manifest.Type, manifest.Base, manifest.PinnedAt, manifest.Name, manifest.Host, manifest.IndexPath, manifest.Engine),
            (summary.Id, summary.Type, summary.Base, summary.Time, summary.Name, summary.Host, summary.Path, summary.Engine));
        Assert.Equal(
            (manifest.Documents, manifest.Segments.Length, manifest.Files.Length, manifest.TotalSize, manifest.BytesStored, manifest.Note),
            (summary.Documents, summary.Segments, summary.Files, summary.Bytes, summary.BytesStored, summary.Note));
        Assert.Equal(manifest.Labels, summary.Labels);
    }

    [Fact]
    public async Task The_checksum_of_a_backup_is_that_of_what_sha256sum_prints()
    {
        TestBench.Require(TestBench.FindProgram("sha256sum") is not null, "sha256sum (GNU coreutils) is not installed.");
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("index"));
        var manifest = await bench.ReadManifestAsync(await bench.BackUpAsync(index.Directory));
        Assert.Equal(await PrintedChecksumAsync(index.Directory, manifest.Files.Select(file => file.Path)), manifest.Checksum);
    }

    [Fact]
    public async Task The_checksum_escapes_names_as_sha256sum_does()
    {
        TestBench.Require(TestBench.FindProgram("sha256sum") is not null, "sha256sum (GNU coreutils) is not installed.");
        string[] names = ["plain", "back\\slash", "new\nline", "both\\\n", "ünïcode", " space ", "ret\rurn", "-dash"];
        foreach (string name in names)
            await File.WriteAllTextAsync(_directory.Combine(name), "content of " + name, Token);
        var files = names.Select(name => new BackupFile
        {
            Path = name,
            Length = 0,
            ModifiedAt = default,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_directory.Combine(name)))),
        });
        Assert.Equal(await PrintedChecksumAsync(_directory.Path, names.Order(StringComparer.Ordinal)), ContentChecksum.Compute(files));
    }

    [Fact]
    public async Task An_index_that_lost_all_its_documents_is_stored_and_warned_about()
    {
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("index"));
        var full = await bench.BackUpAsync(index.Directory);
        foreach (var segment in index.Segments.ToList())
            index.RemoveSegment(segment);
        index.WriteMeta();
        var empty = await bench.BackUpAsync(index.Directory);
        Assert.Equal([ErrorCode.LostAllDocuments], empty.Backup.Flags);
        Assert.Contains(full.Backup.Id.ToShortString(), Assert.Single(empty.Warnings).Message, StringComparison.Ordinal);
        Assert.Equal(0, (await bench.ReadManifestAsync(empty)).Documents);
        Assert.True((await bench.BackUpAsync(index.Directory)).Unchanged);
    }

    [Fact]
    public async Task A_damaged_source_is_refused_and_recorded_only_when_allowed()
    {
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("index"), bytesPerFile: 30_000);
        string file = index.LiveFiles.First(name => name.EndsWith(".idx", StringComparison.Ordinal));
        await using (var stream = new FileStream(index.PathOf(file), FileMode.Open))
            stream.Write([1, 2, 3, 4, 5]);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => bench.BackUpAsync(index.Directory));
        Assert.Equal(ErrorCode.SourceDamaged, refused.Code);
        Assert.Equal([file], refused.Files);
        Assert.Empty(bench.Memory.NamesOf("backups/"));

        var allowed = await bench.BackUpAsync(index.Directory, new BackupOptions { AllowDamaged = true });
        Assert.Equal([file], allowed.DamagedFiles);
        Assert.Equal(file, Assert.Single((await bench.ReadManifestAsync(allowed)).Files, entry => entry.Damaged).Path);

        // The damaged copy is never taken over: once the file is whole again, it is stored.
        await using (var stream = new FileStream(index.PathOf(file), FileMode.Open))
            stream.Write([1, 2, 3, 4, 6]);
        var again = await bench.BackUpAsync(index.Directory, new BackupOptions { AllowDamaged = true });
        Assert.False(again.Unchanged);
    }

    [Fact]
    public void A_manifest_of_a_newer_version_is_refused_as_such()
    {
        var repository = ObjectId.NewRandom();
        var manifest = Empty() with { Version = 2 };
        Assert.Throws<UnsupportedFormatException>(() => ManifestCodec.Decode(ManifestCodec.Encode(manifest, repository), manifest.Id, repository, out _));
    }

    [Fact]
    public void A_manifest_that_contradicts_itself_is_refused()
    {
        var repository = ObjectId.NewRandom();
        var file = new BackupFile { Path = "a", Length = 5, ModifiedAt = default, Sha256 = "" };
        foreach (var runs in new ChunkRun[][] { [new(0, 0, 1, 5)], [new(-1, 0, 1, 5)], [], [new(0, 0, 1, long.MaxValue), new(0, 0, 1, 6)] })
        {
            var manifest = Empty() with { Files = [file with { Runs = [.. runs] }] };
            Assert.Null(ManifestCodec.Decode(ManifestCodec.Encode(manifest, repository), manifest.Id, repository, out string? problem));
            Assert.NotNull(problem);
        }
    }

    private static BackupManifest Empty() => new()
    {
        Id = BackupId.NewRandom(),
        Version = 1,
        CreatedAt = default,
        PinnedAt = default,
        Type = BackupType.Full,
        Name = "",
        Host = "",
        IndexPath = "",
        Engine = "tantivy",
        Documents = 0,
        Files = [],
        TotalSize = 0,
        Checksum = "",
    };

    private static async Task<string> PrintedChecksumAsync(string directory, IEnumerable<string> files)
    {
        var start = new ProcessStartInfo("sha256sum") { UseShellExecute = false, WorkingDirectory = directory, RedirectStandardOutput = true };
        start.ArgumentList.Add("--");
        foreach (string file in files)
            start.ArgumentList.Add(file);
        using var process = Process.Start(start)!;
        using var output = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(output, Token);
        await process.WaitForExitAsync(Token);
        Assert.Equal(0, process.ExitCode);
        return Convert.ToHexStringLower(SHA256.HashData(output.ToArray()));
    }
}
