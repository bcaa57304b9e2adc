using Segvault.Chunks;
using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Backup;

/// <summary>Positions are unpacked in chunks of fixed length, and come back byte for byte.</summary>
public sealed class PositionFileTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _bench = await RepositoryBench.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(BackupCompression.Auto)]
    [InlineData(BackupCompression.Max)]
    public async Task Every_chunk_of_a_list_that_is_longer_than_chunks_is_unpacked(BackupCompression compression)
    {
        var (index, backup, positions, encodings) = await BackUpAsync(compression);
        Assert.Equal(Enumerable.Repeat(ChunkEncoding.UnpackedPositions, (int)(positions.Length / FixedCutter.ChunkLength)), encodings[..^1]);
        var target = _directory.Combine("restored");
        await _bench.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token);
        Assert.All(index.LiveFiles, file => Assert.True(File.ReadAllBytes(index.PathOf(file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(target, file))), file));
    }

    [Fact]
    public async Task Fast_backups_leave_them_as_they_are()
    {
        var (_, _, _, encodings) = await BackUpAsync(BackupCompression.Fast);
        Assert.DoesNotContain(ChunkEncoding.UnpackedPositions, encodings);
    }

    private async Task<(TantivyFiles Index, BackupId Backup, BackupFile Positions, ChunkEncoding[] Encodings)> BackUpAsync(BackupCompression compression)
    {
        var random = new Random(1);
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 0);
        index.AddSegment(100, positions: PositionLists.MakeList([.. Enumerable.Range(0, 128 * 15_000).Select(_ => (uint)(random.Next(2000) >> random.Next(9)))]));
        index.WriteMeta();
        var backup = await _bench.BackUpAsync(index.Directory, new() { Compression = compression });
        var manifest = await _bench.ReadManifestAsync(backup);
        Assert.Empty((await _bench.VerifyAsync()).Problems);
        var positions = manifest.Files.Single(file => file.Path.EndsWith(".pos", StringComparison.Ordinal));
        var repository = _bench.Repository.Objects;
        var encodings = new List<ChunkEncoding>();
        foreach (var run in positions.Runs)
        {
            var pack = await PackReader.OpenAsync(repository.Store, repository.Id, manifest.Packs[run.Pack], Token);
            Assert.Null(pack.Ids);
            encodings.AddRange(pack.Chunks.AsSpan(run.FirstChunk, run.Count).ToArray().Select(chunk => chunk.Encoding));
        }

        return (index, backup.Backup.Id, positions, [.. encodings]);
    }
}
