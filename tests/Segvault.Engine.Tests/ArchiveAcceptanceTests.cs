using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Archives of real indexes: made, lost, restored at every point, and opened by Tantivy.</summary>
public sealed class ArchiveAcceptanceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_source_file_is_indexed_archived_lost_restored_and_found()
    {
        using var directory = new TempDirectory();
        var (indexPath, backupDirectory) = (directory.Combine("index"), directory.Combine("backups"));
        var sources = directory.CreateDirectory("sources");
        await File.WriteAllTextAsync(Path.Combine(sources, "test.rs"), "pub fn test() {}", Token);
        await using (var writer = TantivyHost.Start())
        {
            var index = await writer.CreateAsync(indexPath, cancellationToken: Token);
            await index.AddFilesAsync(sources, extensions: [".rs"], cancellationToken: Token);
            await index.CommitAsync(Token);
            await index.CloseWriterAsync(Token);
        }

        var backups = new BackupManager(ArchiveDirectory.Open(backupDirectory));
        var taken = await backups.CreateBackupAsync(IndexSource.Open(indexPath), new() { Type = BackupType.Full }, cancellationToken: Token);
        Directory.Delete(indexPath, recursive: true);
        await backups.RestoreBackupAsync(taken.Backup.Archive!, indexPath, cancellationToken: Token);

        await using var reader = TantivyHost.Start();
        var found = await (await reader.OpenAsync(indexPath, cancellationToken: Token)).QueryAsync("test", cancellationToken: Token);
        Assert.Equal(1, found.Total);
        Assert.Equal(["test.rs"], found.Titles);
    }

    [Fact]
    public async Task A_full_archive_and_ten_incremental_ones_each_restore_to_what_the_index_was()
    {
        await using var bench = new TantivyArchiveBench();
        var index = await bench.CreateIndexAsync(documents: 400);
        var points = new List<(BackupResult Taken, IndexState State)> { (await bench.ArchiveAsync(BackupType.Full), await bench.ReadStateAsync(bench.Index)) };
        for (var step = 1; step <= 10; step++)
        {
            // From the eighth small segment on Tantivy merges.
            await BackupBench.CommitAsync(index, 1000 * step, 40, [step, (1000 * (step - 1)) + 7, (1000 * (step - 1)) + 8]);
            if (step % 4 == 0)
                await index.CloseWriterAsync(Token);
            var taken = await bench.ArchiveAsync(BackupType.Incremental);
            await index.ReloadAsync(Token);
            points.Add((taken, await bench.ReadStateAsync(bench.Index)));
        }

        await index.CloseWriterAsync(Token);
        Assert.All(points.Skip(1), point => Assert.Equal(BackupType.Incremental, point.Taken.Backup.Type));
        Assert.Equal(
            points.SkipLast(1).Select(point => Path.GetFileName(point.Taken.Backup.Archive)), points.Skip(1).Select(point => point.Taken.Backup.BaseArchive));
        Assert.Contains(points.Zip(points.Skip(1)), pair => pair.Second.Taken.Backup.Segments < pair.First.Taken.Backup.Segments);
        Assert.Contains(points, point => point.Taken.BytesNew < point.Taken.Backup.Bytes / 2);
        Directory.Delete(bench.Index, recursive: true);
        foreach (var (taken, state) in points)
        {
            Assert.Equal(state.Count, taken.Backup.Documents);
            Assert.Equal(state, await bench.RestoreAndReadAsync(taken.Backup.Archive!));
        }

        Assert.Equal(points.Count, await bench.Backups.ListBackupsAsync(cancellationToken: Token).CountAsync(Token));
        Assert.Empty((await bench.Backups.VerifyBackupsAsync(new() { Level = VerifyLevel.Data }, cancellationToken: Token)).Problems);
    }

    [Fact]
    public async Task An_archive_made_beside_a_live_writer_has_exactly_one_commit()
    {
        await using var bench = new TantivyArchiveBench();
        var index = await bench.CreateIndexAsync(documents: 200);
        await BackupBench.CommitAsync(index, 1000, 50);
        var state = await bench.ReadStateAsync(bench.Index);
        await index.AddAsync(5000, 30, cancellationToken: Token);

        var taken = await bench.ArchiveAsync(BackupType.Full);
        Assert.Equal(state, await bench.RestoreAndReadAsync(taken.Backup.Archive!));
        await index.CloseWriterAsync(Token);
    }

    [Fact]
    public async Task Export_and_import_keep_every_byte_both_ways()
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 300);
        await bench.BackUpAsync();
        await BackupBench.CommitAsync(index, 1000, 60, [1, 2, 3]);
        await index.CloseWriterAsync(Token);
        var taken = (await bench.BackUpAsync()).Backup;
        var original = await bench.Backups.GetManifestAsync(taken.Id, Token);
        var expected = DirectoryPicture.Contents(bench.Index);
        await using var other = await BackupRepository.CreateAsync(bench.Combine("other"), Token);
        foreach (var name in (string[])["one.tar.gz", "two.tar.zst"])
        {
            var exported = await bench.Repository.ExportBackupAsync(taken.Id, bench.Combine(name), cancellationToken: Token);
            var imported = await other.ImportBackupAsync(exported.Archive, new() { Name = name }, cancellationToken: Token);
            var manifest = await new BackupManager(other).GetManifestAsync(imported.Backup.Id, Token);
            Assert.Equal(original.Checksum, manifest.Checksum);
            Assert.Equal(original.Files.Select(file => (file.Path, file.Length, file.Sha256, file.ModifiedAt)), manifest.Files.Select(file => (file.Path, file.Length, file.Sha256, file.ModifiedAt)));

            // And out again, and in again where it came from.
            var again = await other.ExportBackupAsync(imported.Backup.Id, bench.Combine($"again-{name}"), cancellationToken: Token);
            var target = bench.Combine($"restored-{name}");
            await new BackupManager(ArchiveDirectory.Open(bench.Combine())).RestoreBackupAsync(again.Archive, target, cancellationToken: Token);
            Assert.Equal(expected, DirectoryPicture.Contents(target));
            Assert.Equal(taken.Documents, (await bench.ReadStateAsync(target)).Count);
        }

        Assert.True((await bench.Repository.ImportBackupAsync(bench.Combine("one.tar.gz"), cancellationToken: Token)).Unchanged);
        Assert.Empty((await new BackupManager(other).VerifyBackupsAsync(new() { Level = VerifyLevel.Data }, cancellationToken: Token)).Problems);
    }
}
