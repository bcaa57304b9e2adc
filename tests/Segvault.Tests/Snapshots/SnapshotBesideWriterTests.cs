using Segvault.Engines;
using Segvault.Tests.Engines.Tantivy;
using Xunit;

namespace Segvault.Tests.Snapshots;

public sealed class SnapshotBesideWriterTests : IDisposable
{
    private readonly SnapshotBench _bench = new(segments: 8, bytesPerFile: 300);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Every_snapshot_is_exactly_one_commit_however_fast_the_writer_is()
    {
        await using var writer = new FastWriter(_bench.Files);
        var copied = 0;
        for (var i = 0; i < 30; i++)
        {
            var result = await _bench.MakeAsync(pinned: async _ => await Task.Delay(i % 3, SnapshotBench.Token));
            Assert.Equal(writer.DocumentsOf(await File.ReadAllBytesAsync(Path.Combine(_bench.Place, "meta.json"), SnapshotBench.Token)), result.Documents);
            var inspection = await IndexEngines.Get("tantivy").InspectAsync(_bench.Place, readContent: true, null, SnapshotBench.Token);
            Assert.Empty(inspection.Problems);
            Assert.Empty(inspection.OrphanFiles);
            Assert.Equal((result.Documents, result.Files), (inspection.Documents, inspection.Files));
            copied += result.Copied;
            Directory.Delete(_bench.Place, recursive: true);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{copied} files had to be copied");
        _bench.AssertNothingBeside();
    }
}
