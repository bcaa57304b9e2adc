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
        var texts = WriteTexts(bench.Combine("texts"), 2 * FilesPerSegment);
        var index = await bench.Host.CreateAsync(bench.Index, new() { MemoryPerThread = 200 }, Token);
        for (var segment = 0; segment < 2; segment++)
        {
            await index.AddFilesAsync(texts, 1 + (segment * FilesPerSegment), segment * FilesPerSegment, FilesPerSegment, extensions: [".txt"], cancellationToken: Token);
            await index.CommitAsync(Token);
        }

        Assert.All(StoresOf(bench), store => Assert.InRange(store.Length, 10_000_000, long.MaxValue));
        var first = await bench.Backups.GetManifestAsync((await bench.BackUpAsync()).Backup.Id, Token);
        for (var segment = 2; segment < SegmentsUntilMerge; segment++)
            await BackupBench.CommitAsync(index, 10_000 + (segment * 10), 10);
        await index.CloseWriterAsync(Token);
        await index.CommitAsync(Token);
        await index.CloseWriterAsync(Token);
        var merged = Assert.Single(StoresOf(bench));

        var taken = await bench.BackUpAsync();
        var second = await bench.Backups.GetManifestAsync(taken.Backup.Id, Token);
        var known = first.Packs.Select(pack => pack.Id).ToHashSet();
        var again = second.Files.Single(file => file.Path == merged.Name).Runs.Where(run => !known.Contains(second.Packs[run.Pack].Id)).Sum(run => run.Length);
        output.WriteLine($"seed {Seed}: {again} of {merged.Length} bytes were stored again; the backup has {taken.Backup.Bytes} bytes and stored {taken.BytesStored}");
        Assert.InRange(again, 1, merged.Length / 5);

        Assert.Empty((await bench.VerifyAsync(VerifyLevel.Data)).Problems);
        var target = bench.Combine("restored");
        await bench.RestoreAsync(taken.Backup, target);
        Assert.Equal(await TantivyHost.ReadStateAsync(bench.Index, Token), await TantivyHost.ReadStateAsync(target, Token));
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
