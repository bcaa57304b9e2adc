using System.Text.Json;
using System.Text.Json.Nodes;
using Segvault.Engines.Tantivy;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Restore;

/// <summary>What is left of a backup whose packs are damaged.</summary>
public sealed class PartialRestoreTests : IAsyncLifetime
{
    private static readonly RestoreOptions Partial = new() { AllowPartial = true };

    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private TantivyFiles _index = null!;
    private BackupManifest _manifest = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Target => _directory.Combine("restored");

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 3, bytesPerFile: 2000);
        _index.AddDelete(_index.Segments[1], 7);
        _index.Payload = "opstamp 12 \u00e4 \"quoted\"";
        _index.WriteMeta();
        _manifest = await _bench.ReadManifestAsync(await _bench.BackUpAsync(_index.Directory));
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_lost_file_costs_its_segment_and_every_other_file_is_there()
    {
        var lost = _index.Segments[0];
        await _bench.FlipAsync(_manifest, lost.Id + ".fast");
        await Assert.ThrowsAsync<DamageException>(() => RestoreAsync(new RestoreOptions()));
        var result = await RestoreAsync(Partial);

        Assert.Equal(lost.Id + ".fast", Assert.Single(result.LostFiles).Path);
        Assert.Equal([lost.Id], result.LostSegments);
        Assert.Equal(100, result.LostDocuments);
        Assert.Equal(_index.Documents - 100, result.Documents);
        Assert.Contains(result.Warnings, warning => warning.Code == ErrorCode.PartlyLost && warning.Message.Contains("193 of 293 documents", StringComparison.Ordinal));
        var expected = _index.LiveFiles.Except([lost.Id + ".fast"]).Append("meta.json.original").Order(StringComparer.Ordinal);
        Assert.Equal(expected, FilesIn(Target));
        Assert.All(_index.LiveFiles.Except([lost.Id + ".fast", "meta.json"]), name => Assert.Equal(File.ReadAllBytes(_index.PathOf(name)), File.ReadAllBytes(Path.Combine(Target, name))));
        Assert.Equal(File.ReadAllBytes(_index.PathOf("meta.json")), File.ReadAllBytes(Path.Combine(Target, "meta.json.original")));
        var meta = JsonNode.Parse(File.ReadAllBytes(Path.Combine(Target, "meta.json")))!;
        var wanted = _index.MakeMeta();
        wanted["segments"]!.AsArray().RemoveAt(wanted["segments"]!.AsArray().Select((segment, i) => (segment, i)).First(entry => SegmentOf(entry.segment!) == lost.Id).i);
        Assert.True(JsonNode.DeepEquals(wanted, meta));

        var inspection = await new TantivyEngine().InspectAsync(Target, readContent: true, null, Token);
        Assert.Empty(inspection.Problems);
        Assert.Equal(_index.Documents - 100, inspection.Documents);
        string[] managed = JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(Path.Combine(Target, ".managed.json")))!;
        Assert.DoesNotContain(managed, name => name.StartsWith(lost.Id, StringComparison.Ordinal) || name == "meta.json.original");
    }

    [Fact]
    public async Task A_lost_list_of_deletions_costs_its_segment_so_that_no_deleted_document_comes_back()
    {
        var segment = _index.Segments[1];
        await _bench.FlipAsync(_manifest, segment.DeletesFile!);
        var result = await RestoreAsync(Partial);
        Assert.Equal([segment.Id], result.LostSegments);
        Assert.Equal(200, result.Documents);
        Assert.DoesNotContain(segment.Id, (await new TantivyEngine().InspectAsync(Target, readContent: false, null, Token)).Segments.Select(known => known.Id));
    }

    [Fact]
    public async Task Without_the_commit_file_the_files_alone_are_restored()
    {
        await _bench.FlipAsync(_manifest, "meta.json");
        var result = await RestoreAsync(Partial);
        Assert.Equal("meta.json", Assert.Single(result.LostFiles).Path);
        Assert.Equal(0, result.Documents);
        Assert.Equal(_index.LiveFiles.Except(["meta.json"]), FilesIn(Target));
        Assert.False(File.Exists(Path.Combine(Target, ".managed.json")));
        Assert.Contains(result.Warnings, warning => warning.Code == ErrorCode.PartlyLost && warning.Message.Contains("open nothing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_pack_costs_what_it_held()
    {
        _bench.DamagedBecause = "a pack is taken away";
        string pack = _manifest.PackOf(_index.Segments[0].Id + ".store");
        _bench.Memory.Objects.TryRemove(pack, out _);
        var result = await RestoreAsync(Partial);
        Assert.Equal(3, result.LostSegments.Length);
        Assert.Equal(0, result.Documents);
        Assert.Equal(_index.Documents, result.LostDocuments);
        Assert.Empty((await new TantivyEngine().InspectAsync(Target, readContent: true, null, Token)).Problems);
    }

    [Fact]
    public async Task Nothing_is_restored_of_a_backup_of_which_nothing_is_left()
    {
        _bench.DamagedBecause = "packs are taken away";
        foreach (string pack in _bench.Memory.NamesOf("packs/"))
            _bench.Memory.Objects.TryRemove(pack, out _);
        await Assert.ThrowsAsync<DamageException>(() => RestoreAsync(Partial));
        Assert.False(Directory.Exists(Target));
    }

    [Fact]
    public async Task A_whole_backup_is_restored_as_always()
    {
        var result = await RestoreAsync(Partial);
        Assert.Empty(result.LostFiles);
        Assert.Empty(result.Warnings);
        Assert.Equal(DirectoryContent.Of(_index), DirectoryContent.Of(Target));
    }

    [Fact]
    public async Task What_is_left_replaces_no_index()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => RestoreAsync(Partial with { IfTargetExists = IfTargetExists.Replace }));
        await _bench.Manager.RestoreBackupAsync(_manifest.Id, Target, cancellationToken: Token);
        Assert.Equal(ErrorCode.TargetExists, (await Assert.ThrowsAsync<RefusedException>(() => RestoreAsync(Partial))).Code);
        Assert.Equal(DirectoryContent.Of(_index), DirectoryContent.Of(Target));
    }

    [UnixFact("Directories cannot be exchanged on Windows, and what is left of a backup is not put into one file by file.")]
    public async Task A_plan_says_what_is_lost_and_an_empty_target_is_filled()
    {
        await _bench.FlipAsync(_manifest, _index.Segments[2].Id + ".term");
        Directory.CreateDirectory(Target);
        var plan = await _bench.Manager.PlanRestoreAsync(_manifest.Id, Target, Partial, Token);
        Assert.Equal(_index.Segments[2].Id + ".term", Assert.Single(plan.LostFiles).Path);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Target));
        await RestoreAsync(Partial);
        Assert.Empty((await new TantivyEngine().InspectAsync(Target, readContent: true, null, Token)).Problems);
    }

    private static string SegmentOf(JsonNode segment) => ((string)segment["segment_id"]!).Replace("-", "", StringComparison.Ordinal);

    private static IEnumerable<string> FilesIn(string directory) =>
        Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal);

    private Task<RestoreResult> RestoreAsync(RestoreOptions options) => _bench.Manager.RestoreBackupAsync(_manifest.Id, Target, options, cancellationToken: Token);
}
