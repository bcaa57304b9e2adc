using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

/// <summary>Archives that somebody made with other tools: good ones are accepted, whatever their spelling; bad ones refused by name.</summary>
public sealed class HandMadeArchiveTests : IDisposable
{
    private readonly ArchiveBench _bench = new(segments: 1);
    private readonly string _archive;

    public HandMadeArchiveTests() => _archive = Path.Combine(_bench.Archives.Path, "by hand.tar.gz");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("""{"backup_type": "full"}""")]
    [InlineData("""{"backup_type": "Full"}""")]
    [InlineData("""{"BACKUP_TYPE": "FULL", "Version": "1.7"}""")]
    [InlineData("""{"backup_type": {"Full": null}}""")]
    [InlineData("""{"backup_type": "incremental", "base_backup": "2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"backup_type": {"Incremental": {"base_backup": "2026-01-01T00:00:00.123456789+00:00"}}}""")]
    [InlineData("""{"backup_type": {"incremental": {"BASE_BACKUP": "x.tar.gz"}}, "unknown": [{"a": 1}]}""")]
    public async Task Every_spelling_of_a_manifest_is_understood(string overrides)
    {
        var manifest = Manifest();
        foreach (var (name, value) in JsonNode.Parse(overrides)!.AsObject())
        {
            manifest.Remove(name.ToLowerInvariant());
            manifest[name] = value?.DeepClone();
        }

        await AssertRestoresAsync(manifest);
    }

    [Theory]
    [InlineData("\"2026-01-02T03:04:05.678Z\"")]
    [InlineData("\"1969-12-31T23:59:59+02:00\"")]
    [InlineData("1767322800.5")]
    [InlineData("""{"secs_since_epoch": 1767322800, "nanos_since_epoch": 999999999}""")]
    [InlineData("null")]
    public async Task Every_spelling_of_a_time_is_understood(string time)
    {
        var manifest = Manifest();
        foreach (var file in manifest["files"]!.AsArray())
            file!["modified"] = JsonNode.Parse(time);
        await AssertRestoresAsync(manifest);
    }

    [Fact]
    public async Task The_checksum_of_a_file_may_be_called_sha256()
    {
        var manifest = Manifest();
        foreach (var file in manifest["files"]!.AsArray().Select(file => file!.AsObject()))
        {
            file["sha256"] = file["checksum"]!.DeepClone();
            file.Remove("checksum");
        }

        await AssertRestoresAsync(manifest);
    }

    [Fact]
    public async Task Names_may_begin_with_a_dot_and_a_slash_as_tar_writes_them()
    {
        ArchiveMembers.Write(_archive, [
            new PaxTarEntry(TarEntryType.Directory, "./"),
            .. Members(Manifest()).Select(member => new GnuTarEntry(TarEntryType.RegularFile, "./" + member.Name) { DataStream = new MemoryStream(member.Content) })]);
        Assert.Equal(DirectoryContent.Of(_bench.Index), await _bench.RestoreAsync(_archive, Token));
    }

    [Fact]
    public async Task It_is_listed_with_its_documents_and_can_be_a_base()
    {
        ArchiveMembers.Write(_archive, Members(Manifest()));
        var listed = Assert.Single(await _bench.Manager.ListBackupsAsync(cancellationToken: Token).ToListAsync(Token));
        Assert.Equal(100, listed.Documents);
        Assert.Equal("index", listed.Name);
        _bench.Index.AddSegment(5);
        _bench.Index.WriteMeta();
        var next = await _bench.BackUpAsync(BackupType.Incremental, Token);
        Assert.Equal(["by hand.tar.gz"], next.Backup.Needs);
        Assert.Equal(DirectoryContent.Of(_bench.Index), await _bench.RestoreAsync(next.Backup.Archive!, Token));
    }

    [Theory]
    [InlineData("""{"backup_type": "differential"}""", "backup_type")]
    [InlineData("""{"backup_type": 7}""", "backup_type")]
    [InlineData("""{"backup_type": {}}""", "backup_type")]
    [InlineData("""{"version": "2.0"}""", "version 2.0")]
    [InlineData("""{"version": null}""", "manifest.json")]
    [InlineData("""{"files": null}""", "manifest.json")]
    [InlineData("""{"files": [null]}""", "null")]
    [InlineData("""{"files": []}""", "total_size")]
    [InlineData("""{"total_size": 1}""", "total_size")]
    [InlineData("""{"total_size": -1}""", "total_size")]
    [InlineData("""{"total_size": 99999999999999999999999}""", "manifest.json")]
    [InlineData("""{"checksum": "00"}""", "checksum")]
    [InlineData("""{"created_at": "yesterday"}""", "manifest.json")]
    [InlineData("""{"id": "short"}""", "id")]
    [InlineData("""{"archives": [null]}""", "null")]
    [InlineData("""{"archives": [{"name": "../other.tar.gz", "size": 1, "manifest_sha256": "00"}]}""", "../other.tar.gz")]
    public async Task A_manifest_that_makes_no_sense_is_refused_by_name(string overrides, string named)
    {
        var manifest = Manifest();
        foreach (var (name, value) in JsonNode.Parse(overrides)!.AsObject())
            manifest[name] = value?.DeepClone();
        ArchiveMembers.Write(_archive, Members(manifest));
        await AssertRefusedAsync(named);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("C:\\outside")]
    [InlineData("C:outside")]
    [InlineData("\\\\server\\share\\outside")]
    [InlineData("a\\b")]
    [InlineData("meta.json:stream")]
    [InlineData("CON")]
    [InlineData("nul.store")]
    [InlineData("COM1.idx")]
    [InlineData("trailing.")]
    [InlineData("trailing ")]
    [InlineData("a\u0000b")]
    [InlineData("META.JSON")]
    [InlineData(".segvault-staging")]
    [InlineData(".tantivy-writer.lock")]
    [InlineData("manifest.json")]
    [InlineData("deep/deep/deep/deep/deep/deep/file")]
    public async Task A_name_that_is_not_safe_everywhere_is_refused_whether_or_not_the_manifest_lists_it(string name)
    {
        var content = "evil"u8.ToArray();
        var manifest = Manifest((name, content));
        ArchiveMembers.Write(_archive, Members(manifest).Append((name.Split('\0')[0], content)));
        await AssertRefusedAsync("by hand.tar.gz");
        ArchiveMembers.Write(_archive, Members(Manifest()).Append((name.Split('\0')[0], content)));
        await AssertRefusedAsync("by hand.tar.gz");
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink, "symbolic link")]
    [InlineData(TarEntryType.HardLink, "hard link")]
    [InlineData(TarEntryType.CharacterDevice, "device")]
    [InlineData(TarEntryType.BlockDevice, "device")]
    [InlineData(TarEntryType.Fifo, "pipe")]
    [InlineData(TarEntryType.Directory, "directory")]
    public async Task Whatever_is_no_plain_file_is_refused(TarEntryType type, string named)
    {
        var victim = _bench.Index.LiveFiles.First(name => name != "meta.json");
        var entry = new PaxTarEntry(type, victim);
        if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
            entry.LinkName = "/etc/passwd";
        ArchiveMembers.Write(_archive, [
            .. Members(Manifest()).Where(member => member.Name != victim).Select(member => new PaxTarEntry(TarEntryType.RegularFile, member.Name) { DataStream = new MemoryStream(member.Content) }),
            entry]);
        await AssertRefusedAsync(victim, named);
    }

    [Fact]
    public async Task Members_that_are_there_twice_missing_strange_or_of_another_length_are_refused()
    {
        var members = Members(Manifest());
        var victim = members.First(member => member.Name.EndsWith(".store", StringComparison.Ordinal));
        ArchiveMembers.Write(_archive, members.Append(victim));
        await AssertRefusedAsync(victim.Name, "twice");
        ArchiveMembers.Write(_archive, members.Where(member => member != victim));
        await AssertRefusedAsync(victim.Name, "does not have");
        ArchiveMembers.Write(_archive, members.Append(($"{new string('a', 32)}.store", victim.Content)));
        await AssertRefusedAsync("does not say it holds");
        ArchiveMembers.Write(_archive, members.Select(member => member == victim ? (victim.Name, [.. victim.Content, 0]) : member));
        await AssertRefusedAsync(victim.Name, "bytes");
        ArchiveMembers.Write(_archive, members.Select(member => member == victim ? (victim.Name, [.. victim.Content.Reverse()]) : member));
        await AssertRefusedAsync(victim.Name, "SHA-256");
        ArchiveMembers.Write(_archive, members.Skip(1).Append(members[0]));
        await AssertRefusedAsync("manifest.json");
        ArchiveMembers.Write(_archive, Array.Empty<(string, byte[])>());
        await AssertRefusedAsync("by hand.tar.gz");
    }

    [Fact]
    public async Task Archives_that_name_each_other_in_a_circle_are_refused()
    {
        var other = Path.Combine(_bench.Archives.Path, "other.tar.gz");
        var file = _bench.Index.LiveFiles.First(name => name != "meta.json");
        foreach (var (path, holder) in new[] { (_archive, other), (other, _archive) })
        {
            var manifest = Manifest();
            manifest["files"]!.AsArray().Single(entry => (string?)entry!["path"] == file)!["archive"] = Path.GetFileName(holder);
            manifest["archives"] = new JsonArray(new JsonObject { ["name"] = Path.GetFileName(holder), ["size"] = 1, ["manifest_sha256"] = new string('0', 64) });
            ArchiveMembers.Write(path, Members(manifest).Where(member => member.Name != file));
        }

        await AssertRefusedAsync("other.tar.gz");

        // The size and the manifest's checksum of one of them can be right.
        var last = ArchiveMembers.Read(other);
        var first = Manifest();
        first["files"]!.AsArray().Single(entry => (string?)entry!["path"] == file)!["archive"] = "other.tar.gz";
        first["archives"] = new JsonArray(new JsonObject
        {
            ["name"] = "other.tar.gz",
            ["size"] = new FileInfo(other).Length,
            ["manifest_sha256"] = Convert.ToHexStringLower(SHA256.HashData(last[0].Content)),
        });
        ArchiveMembers.Write(_archive, Members(first).Where(member => member.Name != file));
        await AssertRefusedAsync(file, "does not hold");
    }

    [Fact]
    public async Task More_than_the_free_space_is_refused_before_anything_is_written()
    {
        var manifest = Manifest();
        var file = manifest["files"]!.AsArray().First(entry => ((string?)entry!["path"])!.EndsWith(".store", StringComparison.Ordinal))!;
        file["size"] = 1L << 60;
        Seal(manifest);
        ArchiveMembers.Write(_archive, Members(manifest));
        await AssertRefusedAsync("free");
    }

    /// <summary>Nothing that was refused wrote anything, and verifying finds it as well.</summary>
    private async Task AssertRefusedAsync(params string[] named)
    {
        var parent = Directory.CreateDirectory(_bench.Combine("around")).FullName;
        var exception = await Assert.ThrowsAnyAsync<SegvaultException>(() => _bench.Manager.RestoreBackupAsync(_archive, Path.Combine(parent, "target"), cancellationToken: Token));
        foreach (var name in named)
            Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(parent));
        Assert.False(File.Exists(_bench.Combine("outside")));
        if (exception.Code != ErrorCode.NotEnoughSpace && exception is not UnsupportedFormatException)
            Assert.NotEmpty((await _bench.Manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data, Archives = [_archive] }, cancellationToken: Token)).Problems);
    }

    private async Task AssertRestoresAsync(JsonObject manifest)
    {
        ArchiveMembers.Write(_archive, Members(manifest));
        Assert.Equal(DirectoryContent.Of(_bench.Index), await _bench.RestoreAsync(_archive, Token));
        Assert.Empty((await _bench.Manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data, Archives = [_archive] }, cancellationToken: Token)).Problems);
    }

    private List<(string Name, byte[] Content)> Members(JsonObject manifest) =>
        [("manifest.json", Encoding.UTF8.GetBytes(manifest.ToJsonString())), .. _bench.Index.LiveFiles.Select(name => (name, File.ReadAllBytes(_bench.Index.PathOf(name))))];

    /// <summary>The least that a manifest made by hand has.</summary>
    private JsonObject Manifest(params (string Name, byte[] Content)[] more)
    {
        var files = _bench.Index.LiveFiles.Select(name => (Name: name, Content: File.ReadAllBytes(_bench.Index.PathOf(name)))).Concat(more);
        var manifest = new JsonObject
        {
            ["version"] = "1.0",
            ["created_at"] = "2026-01-01T00:00:00Z",
            ["index_path"] = _bench.Index.Directory,
            ["backup_type"] = "full",
            ["files"] = new JsonArray([.. files.Select(file => new JsonObject
            {
                ["path"] = file.Name,
                ["size"] = (long)file.Content.Length,
                ["modified"] = "2026-01-01T00:00:00Z",
                ["checksum"] = Convert.ToHexStringLower(SHA256.HashData(file.Content)),
            })]),
        };
        Seal(manifest);
        return manifest;
    }

    private static void Seal(JsonObject manifest)
    {
        var files = manifest["files"]!.AsArray().Select(file => file!).OrderBy(file => (string)file["path"]!, StringComparer.Ordinal).ToList();
        manifest["total_size"] = files.Sum(file => (long)file["size"]!);
        manifest["checksum"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files.Select(Line)))));
    }

    private static string Line(JsonNode file)
    {
        var path = (string)file["path"]!;
        var escaped = path.Replace("\\", "\\\\", StringComparison.Ordinal);
        return $"{(escaped == path ? "" : "\\")}{file["checksum"]}  {escaped}\n";
    }
}
