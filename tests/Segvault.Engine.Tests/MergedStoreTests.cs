using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Tantivy merges large segments, and what it copies of their documents is not stored again.</summary>
public sealed class MergedStoreTests(ITestOutputHelper output)
{
    private const int Seed = 11;
    private const int FilesPerSegment = 700;
    private const int BytesPerFile = 24 * 1024;
    private const int SegmentsUntilMerge = 8;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_merge_without_deletes_at_most_a_fifth_of_the_store_is_stored_again()
    {
        await using var bench = await BackupBench.CreateAsync();
        await using var other = await BackupRepository.CreateAsync(bench.Combine("other"), Token);
        var index = await WriteAsync(bench);
        var first = await bench.BackUpAsync();
        var archive = (await bench.Repository.ExportBackupAsync(first.Backup.Id, bench.Combine("first.tar.gz"), cancellationToken: Token)).Archive;
        var imported = await other.ImportBackupAsync(archive, cancellationToken: Token);
        output.WriteLine($"the backup stored {first.BytesStored} bytes, the import {imported.BytesStored}");
        Assert.InRange(imported.BytesStored, 1, first.BytesStored + (first.BytesStored / 50));

        await MergeAsync(index);
        var taken = await EnsureLittleIsStoredAgainAsync(bench, bench.Backups, first.Backup);
        await EnsureLittleIsStoredAgainAsync(bench, new BackupManager(other), imported.Backup);

        var target = bench.Combine("restored");
        await bench.RestoreAsync(taken, target);
        Assert.Equal(await TantivyHost.ReadStateAsync(bench.Index, Token), await TantivyHost.ReadStateAsync(target, Token));
    }

    /// <summary>Makes an index of two segments with more than 10 MB of documents each.</summary>
    private static async Task<TantivyIndex> WriteAsync(BackupBench bench)
    {
        var texts = WriteTexts(bench.Combine("texts"), 2 * FilesPerSegment);
        var index = await bench.Host.CreateAsync(bench.Index, new() { MemoryPerThread = 200 }, Token);
        for (var segment = 0; segment < 2; segment++)
        {
            await index.AddFilesAsync(texts, 1 + (segment * FilesPerSegment), segment * FilesPerSegment, FilesPerSegment, extensions: [".txt"], cancellationToken: Token);
            await index.CommitAsync(Token);
        }

        Assert.All(StoresOf(bench), store => Assert.InRange(store.Length, 10_000_000, long.MaxValue));
        return index;
    }

    /// <summary>Adds small segments until Tantivy merges all of them.</summary>
    private static async Task MergeAsync(TantivyIndex index)
    {
        for (var segment = 2; segment < SegmentsUntilMerge; segment++)
            await BackupBench.CommitAsync(index, 10_000 + (segment * 10), 10);
        await index.CloseWriterAsync(Token);
        await index.CommitAsync(Token);
        await index.CloseWriterAsync(Token);
    }

    private async Task<BackupSummary> EnsureLittleIsStoredAgainAsync(BackupBench bench, BackupManager manager, BackupSummary before)
    {
        var merged = Assert.Single(StoresOf(bench));
        var taken = await manager.CreateBackupAsync(IndexSource.Open(bench.Index), cancellationToken: Token);
        var manifest = await manager.GetManifestAsync(taken.Backup.Id, Token);
        var known = (await manager.GetManifestAsync(before.Id, Token)).Packs.Select(pack => pack.Id).ToHashSet();
        var again = manifest.Files.Single(file => file.Path == merged.Name).Runs.Where(run => !known.Contains(manifest.Packs[run.Pack].Id)).Sum(run => run.Length);
        output.WriteLine($"seed {Seed}: {again} of {merged.Length} bytes were stored again; the backup has {taken.Backup.Bytes} bytes and stored {taken.BytesStored}");
        Assert.InRange(again, 1, merged.Length / 5);
        Assert.Empty((await manager.VerifyBackupsAsync(new() { Level = VerifyLevel.Data }, cancellationToken: Token)).Problems);
        return taken.Backup;
    }

    private static FileInfo[] StoresOf(BackupBench bench) => new DirectoryInfo(bench.Index).GetFiles("*.store");

    /// <summary>Text in words too long for Tantivy to index: it compresses like text, and costs no time.</summary>
    private static string WriteTexts(string directory, int count)
    {
        Directory.CreateDirectory(directory);
        var text = DocStore.MakeText(new Random(Seed), count * BytesPerFile);
        text.AsSpan().Replace((byte)' ', (byte)'q');
        for (var file = 0; file < count; file++)
            File.WriteAllBytes(Path.Combine(directory, $"{file:d5}.txt"), text.AsSpan(file * BytesPerFile, BytesPerFile));
        return directory;
    }
}
