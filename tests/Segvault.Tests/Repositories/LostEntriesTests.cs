using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Repositories;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repositories;

public sealed class LostEntriesTests : IAsyncLifetime
{
    private const int Entries = 6;

    private RepositoryBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        for (int i = 0; i < Entries; i++)
            await _bench.AppendAsync(LogKind.Condemn, $"packs/{i}");
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 2)]
    [InlineData(2, 4)]
    [InlineData(5, 5)]
    public async Task The_log_goes_on_beyond_entries_that_are_lost(int first, int last)
    {
        byte[][] originals = [.. Enumerable.Range(first, last - first + 1).Select(number => _bench.Memory.Objects[LogReader.NameOf(number)])];
        await using var witness = await _bench.OpenAnotherAsync();
        await witness.Log.FoldAsync(Token);
        for (int number = first; number <= last; number++)
            _bench.Memory.Objects[LogReader.NameOf(number)] = [1, 2, 3];

        await using var mender = await _bench.OpenAnotherAsync();
        var skipped = Assert.Single(await mender.Log.BridgeAsync(NullLogger.Instance, Token));
        Assert.Equal((first, last), (skipped.First, skipped.Last));
        var state = await mender.AppendAsync(LogKind.Nop);
        Assert.True(state.Recovering);
        Assert.Null(state.Obstacle);

        // What was condemned before may have been erased in what is lost; what came after stands.
        Assert.Equal(Enumerable.Range(0, first).Select(i => $"packs/{i}"), state.Erased.Order());
        Assert.Equal(Enumerable.Range(last + 1, Entries - last - 1).Select(i => $"packs/{i}"), state.Condemned.Order());

        string expected = CheckpointTests.Describe(state);
        Assert.Equal(expected, CheckpointTests.Describe(await witness.Log.FoldAsync(Token)));
        Assert.Equal(expected, await FreshAsync());

        // That a lost entry turns up again changes nothing.
        for (int number = first; number <= last; number++)
            _bench.Memory.Objects[LogReader.NameOf(number)] = originals[number - first];
        Assert.Equal(expected, await FreshAsync());
        Assert.Equal(expected, CheckpointTests.Describe(await witness.Log.FoldAsync(Token)));
    }

    [Fact]
    public async Task Several_gaps_are_bridged_one_after_the_other()
    {
        _bench.Memory.Objects[LogReader.NameOf(1)] = [];
        Assert.True(_bench.Memory.Objects.TryRemove(LogReader.NameOf(3), out _));
        await using var mender = await _bench.OpenAnotherAsync();
        Assert.Equal([(1, 1), (3, 3)], (await mender.Log.BridgeAsync(NullLogger.Instance, Token)).Select(lost => (lost.First, lost.Last)));
        Assert.Empty(await mender.Log.BridgeAsync(NullLogger.Instance, Token));
        Assert.Null((await (await _bench.OpenAnotherAsync()).Log.FoldAsync(Token)).Obstacle);
    }

    [Fact]
    public async Task Clients_that_bridge_at_once_agree()
    {
        _bench.Memory.Objects[LogReader.NameOf(2)] = [];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            async () =>
            {
                await using var mender = await _bench.OpenAnotherAsync();
                mender.Store.BeforeCall = async _ => await Task.Yield();
                await mender.Log.BridgeAsync(NullLogger.Instance, Token);
            },
            Token)));
        var state = await (await _bench.OpenAnotherAsync()).Log.FoldAsync(Token);
        Assert.Null(state.Obstacle);

        // That two of them say the same harms nothing.
        Assert.InRange(state.NextNumber, Entries + 1, Entries + 4);
        Assert.Equal((2, 2), (Assert.Single(state.Skipped).First, state.Skipped[0].Last));
    }

    [Fact]
    public async Task A_checkpoint_that_knows_a_lost_entry_is_not_believed_about_it()
    {
        for (int i = 0; i < CheckpointStore.Interval; i++)
            await _bench.AppendAsync(LogKind.Nop);
        await using var early = await _bench.OpenAnotherAsync();
        Assert.Contains("packs/2", (await early.Log.FoldAsync(Token)).Condemned);

        _bench.Memory.Objects[LogReader.NameOf(2)] = [];
        await using var mender = await _bench.OpenAnotherAsync();
        await mender.Log.BridgeAsync(NullLogger.Instance, Token);
        string whole = CheckpointTests.Describe(await mender.Log.FoldWholeAsync(Token));
        Assert.Equal(whole, await FreshAsync());
        Assert.DoesNotContain("packs/2", whole);
    }

    [Fact]
    public async Task An_entry_for_newer_versions_is_not_lost()
    {
        _bench.DamagedBecause = "it is of a version yet to come";
        _bench.Plant(LogEntry.Draft(LogKind.Nop) with { Number = Entries, Previous = (await _bench.Log.FoldAsync(Token)).TipSha256, Requires = new LogRequirements { Read = ["x"] } });
        await using var mender = await _bench.OpenAnotherAsync();
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => mender.Log.BridgeAsync(NullLogger.Instance, Token));
    }

    private async Task<string> FreshAsync()
    {
        await using var fresh = await _bench.OpenAnotherAsync();
        return CheckpointTests.Describe(await fresh.Log.FoldAsync(Token));
    }
}
