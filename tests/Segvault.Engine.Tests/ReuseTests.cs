using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>What the target already has is compared and kept, not fetched again.</summary>
public sealed class ReuseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Only_the_segment_that_differs_is_fetched(bool inPlace)
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 4000);
        var small = (State: await bench.ReadStateAsync(), (await bench.BackUpAsync()).Backup);
        await BackupBench.CommitAsync(index, 10_000, 20);
        await index.CloseWriterAsync(Token);
        var large = (State: await bench.ReadStateAsync(), (await bench.BackUpAsync()).Backup);

        foreach (var (state, backup) in new[] { small, large })
        {
            var result = await bench.ReplaceAsync(backup, inPlace);
            Assert.Equal(state, await bench.ReadStateAsync());
            Assert.True(result.BytesReused > result.Bytes * 9 / 10, $"{result.BytesReused} of {result.Bytes} bytes were reused.");
            Assert.True(result.BytesFetched < result.Bytes / 20, $"{result.BytesFetched} of {result.Bytes} bytes were fetched.");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Over_the_same_state_only_the_damaged_file_is_fetched(bool inPlace)
    {
        await using var bench = await BackupBench.CreateAsync();
        await bench.CreateIndexAsync(documents: 2000);
        var state = await bench.ReadStateAsync();
        var backup = (await bench.BackUpAsync()).Backup;
        Damage.FlipByte(Directory.GetFiles(bench.Index, "*.pos").Single());
        Assert.NotEmpty((await bench.InspectAsync()).Problems);

        var result = await bench.ReplaceAsync(backup, inPlace);
        Assert.Equal(state, await bench.ReadStateAsync());
        Assert.Empty((await bench.InspectAsync()).Problems);
        Assert.InRange(result.BytesReused, result.Bytes / 2, result.Bytes - 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_index_is_replaced_whatever_is_missing(bool inPlace)
    {
        await using var bench = await BackupBench.CreateAsync();
        await bench.CreateIndexAsync(documents: 300);
        var state = await bench.ReadStateAsync();
        var backup = (await bench.BackUpAsync()).Backup;
        File.Delete(Path.Combine(bench.Index, "meta.json"));
        File.Delete(Directory.GetFiles(bench.Index, "*.idx").Single());
        Damage.Truncate(Directory.GetFiles(bench.Index, "*.term").Single());

        await bench.ReplaceAsync(backup, inPlace);
        Assert.Equal(state, await bench.ReadStateAsync());
        Assert.Empty((await bench.InspectAsync()).Problems);
    }
}
