using Segvault.Engines.Tantivy;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class InspectionTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TantivyEngine _engine = new();

    [Fact]
    public async Task A_good_index_is_described()
    {
        var files = TantivyFiles.Create(_directory.Path);
        files.AddDelete(files.Segments[0], 5);
        files.WriteMeta();
        var live = files.LiveFiles;
        long bytes = live.Sum(name => new FileInfo(files.PathOf(name)).Length);
        var orphan = files.AddSegment(10);
        File.WriteAllText(files.PathOf(".tmpabc123"), "12345");
        File.WriteAllText(files.PathOf("README"), "");

        var inspection = await _engine.InspectTestAsync(_directory.Path, readContent: true);
        Assert.Equal("tantivy", inspection.Engine);
        Assert.Equal(["0.25.0"], inspection.EngineVersions);
        Assert.Equal([7], inspection.FormatVersions);
        Assert.Equal(3, inspection.Segments.Length);
        Assert.Equal(295, inspection.Documents);
        Assert.Equal(5, inspection.DeletedDocuments);
        Assert.Equal(live.Count, inspection.Files);
        Assert.Equal(bytes, inspection.Bytes);
        Assert.Equal(7, inspection.OrphanFiles.Length);
        Assert.Contains(".tmpabc123", inspection.OrphanFiles);
        Assert.Contains(orphan.Id + ".idx", inspection.OrphanFiles);
        Assert.Equal(inspection.OrphanFiles.Sum(name => new FileInfo(files.PathOf(name)).Length), inspection.OrphanBytes);
        Assert.Equal(["README"], inspection.ForeignFiles);
        Assert.False(inspection.WriterActive);
        Assert.Empty(inspection.Problems);
    }

    [Fact]
    public async Task A_live_writer_is_seen_by_its_lock()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 1);
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(files.PathOf(".tantivy-writer.lock"), out var writer));
        using (writer)
            Assert.True((await _engine.InspectTestAsync(_directory.Path, readContent: false)).WriterActive);
        File.Delete(files.PathOf(".tantivy-writer.lock"));
        Assert.False((await _engine.InspectTestAsync(_directory.Path, readContent: false)).WriterActive);
        Assert.False(File.Exists(files.PathOf(".tantivy-writer.lock")));
    }

    [Fact]
    public async Task Rot_is_found_when_content_is_read_and_progress_is_told()
    {
        var files = TantivyFiles.Create(_directory.Path);
        string store = files.Segments[2].Id + ".store";
        byte[] content = File.ReadAllBytes(files.PathOf(store));
        content[100] ^= 1;
        File.WriteAllBytes(files.PathOf(store), content);

        Assert.Empty((await _engine.InspectTestAsync(_directory.Path, readContent: false)).Problems);
        var progress = new RecordedProgress();
        var inspection = await _engine.InspectTestAsync(_directory.Path, readContent: true, progress);
        var problem = Assert.Single(inspection.Problems);
        Assert.Equal(store, problem.File);
        Assert.Contains("CRC-32", problem.Problem, StringComparison.Ordinal);
        Assert.Equal(new OperationProgress("check", inspection.Bytes, inspection.Bytes), progress.Last);
    }

    [Fact]
    public async Task A_damaged_file_is_named_once()
    {
        var files = TantivyFiles.Create(_directory.Path);
        string store = files.Segments[2].Id + ".store";
        File.WriteAllBytes(files.PathOf(store), [1, 2, 3]);
        File.Delete(files.PathOf(files.Segments[1].Id + ".fast"));
        var inspection = await _engine.InspectTestAsync(_directory.Path, readContent: true);
        Assert.Equal(
            new[] { store, files.Segments[1].Id + ".fast" }.Order(StringComparer.Ordinal),
            inspection.Problems.Select(problem => problem.File));
    }

    [Fact]
    public async Task A_damaged_meta_json_is_a_finding()
    {
        var files = TantivyFiles.Create(_directory.Path, segments: 2);
        File.WriteAllText(files.PathOf("meta.json"), "{");
        var inspection = await _engine.InspectTestAsync(_directory.Path, readContent: true);
        var problem = Assert.Single(inspection.Problems);
        Assert.Equal("meta.json", problem.File);
        Assert.StartsWith("is not readable as JSON", problem.Problem, StringComparison.Ordinal);
        Assert.Equal(12, inspection.OrphanFiles.Length);
    }

    [Fact]
    public async Task A_directory_without_an_index_is_none() =>
        await Assert.ThrowsAsync<NotAnIndexException>(async () => await _engine.InspectTestAsync(_directory.Path, false));

    public void Dispose() => _directory.Dispose();

    private sealed class RecordedProgress : IProgress<OperationProgress>
    {
        public OperationProgress Last { get; private set; }

        public void Report(OperationProgress value) => Last = value;
    }
}
