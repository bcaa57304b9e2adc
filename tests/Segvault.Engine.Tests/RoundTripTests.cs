using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Indexes of every shape are backed up, lost, restored, and are what they were.</summary>
public sealed class RoundTripTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Shapes => [.. IndexShapes.All.Keys];

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task An_index_of_any_shape_comes_back_with_exactly_its_documents(string shape)
    {
        await using var bench = await BackupBench.CreateAsync();
        await IndexShapes.All[shape](bench.Host, bench.Index);
        var before = await bench.ReadStateAsync();
        var meta = await File.ReadAllBytesAsync(Path.Combine(bench.Index, "meta.json"), Token);

        var taken = await bench.BackUpAsync();
        Assert.Equal(BackupType.Full, taken.Backup.Type);
        Assert.Equal(before.Count, taken.Backup.Documents);
        Assert.Empty(taken.Warnings);
        var again = await bench.BackUpAsync();
        Assert.True(again.Unchanged);
        Assert.Equal(taken.Backup.Id, again.Backup.Id);

        Directory.Delete(bench.Index, recursive: true);
        var restored = await bench.RestoreAsync(taken.Backup, bench.Index);
        Assert.Equal(before.Count, restored.Documents);
        Assert.Equal(before, await bench.ReadStateAsync());
        Assert.Equal(meta, await File.ReadAllBytesAsync(Path.Combine(bench.Index, "meta.json"), Token));
        var inspection = await bench.InspectAsync();
        Assert.Empty(inspection.Problems);
        Assert.Empty(inspection.OrphanFiles);
        Assert.Empty(inspection.ForeignFiles);
        Assert.Empty((await bench.VerifyAsync(VerifyLevel.Data)).Problems);

        await AssertGarbageIsCollectedAsync(bench, before.Count);
    }

    [Fact]
    public async Task A_full_backup_is_independent_of_what_is_there()
    {
        await using var bench = await BackupBench.CreateAsync();
        await bench.CreateIndexAsync(documents: 300);
        var before = await bench.ReadStateAsync();
        var first = await bench.BackUpAsync();
        var packs = Packs(bench);
        var full = await bench.BackUpAsync(new() { Type = BackupType.Full });
        Assert.False(full.Unchanged);
        Assert.Equal(BackupType.Full, full.Backup.Type);
        Assert.Equal(first.BytesNew, full.BytesNew);

        bench.DamagedBecause = "the packs of the first backup are taken away";
        foreach (var pack in packs)
            File.Delete(Path.Combine(bench.Repository.Location, pack));
        Assert.Equal(before, await bench.RestoreAndReadAsync(full.Backup));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_index_that_lost_all_its_documents_is_stored_marked_and_warned_about(bool byTerm)
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 50);
        var full = await bench.ReadStateAsync();
        var first = await bench.BackUpAsync();
        await (byTerm ? index.DeleteAsync(Enumerable.Range(1, 50).Select(id => (long)id), Token) : index.DeleteAllAsync(Token));
        await index.CommitAsync(Token);
        await index.CloseWriterAsync(Token);

        var emptied = await bench.BackUpAsync();
        Assert.False(emptied.Unchanged);
        Assert.Equal(0, emptied.Backup.Documents);
        Assert.Contains(ErrorCode.LostAllDocuments, emptied.Backup.Flags);
        var warning = Assert.Single(emptied.Warnings);
        Assert.Equal(ErrorCode.LostAllDocuments, warning.Code);
        Assert.Contains(first.Backup.Id.ToShortString(), warning.Message, StringComparison.Ordinal);

        Assert.Equal(IndexState.Empty, await bench.RestoreAndReadAsync(emptied.Backup));
        Assert.Equal(full, await bench.RestoreAndReadAsync(first.Backup));
        Assert.True((await bench.BackUpAsync()).Unchanged);
    }

    [Fact]
    public async Task Lost_documents_are_noticed_even_when_the_last_manifest_is_lost_too()
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 50);
        var first = await bench.BackUpAsync();
        bench.DamagedBecause = "a manifest is taken away";
        File.Delete(bench.PathOfObject(first.Backup.Id.ToString()));
        await index.DeleteAllAsync(Token);
        await index.CommitAsync(Token);
        await index.CloseWriterAsync(Token);

        var emptied = await bench.BackUpAsync();
        Assert.Contains(ErrorCode.LostAllDocuments, emptied.Backup.Flags);
        Assert.Contains(emptied.Warnings, warning => warning.Code == ErrorCode.LostAllDocuments);
    }

    /// <summary>An application goes on with the restored index: its merges must leave no file behind, those that were restored included.</summary>
    private static async Task AssertGarbageIsCollectedAsync(BackupBench bench, long documents)
    {
        var restored = Directory.GetFiles(bench.Index, "*.store");
        var index = await bench.Host.OpenAsync(bench.Index, cancellationToken: Token);
        for (var commit = 0; commit < 8; commit++)
            await BackupBench.CommitAsync(index, 1_000_000 + (commit * 10), 10);
        await index.CloseWriterAsync(Token);
        await index.CommitAsync(Token);
        await index.CloseWriterAsync(Token);

        var inspection = await bench.InspectAsync();
        Assert.Empty(inspection.OrphanFiles);
        Assert.Empty(inspection.Problems);
        Assert.True(inspection.Segments.Length < 8, "Nothing was merged.");
        Assert.DoesNotContain(restored, File.Exists);
        Assert.Equal(documents + 80, (await bench.ReadStateAsync()).Count);
    }

    private static string[] Packs(BackupBench bench) =>
        [.. bench.ReadRepositoryFiles().Select(file => file.Name).Where(name => name.StartsWith("packs/", StringComparison.Ordinal))];
}
