using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Repositories;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repositories;

public sealed class TransactionLogTests : IAsyncLifetime
{
    private RepositoryBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _bench = await RepositoryBench.CreateAsync();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Clients_that_append_at_once_keep_one_chain()
    {
        const int clients = 8, entries = 15;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(
            async () =>
            {
                await using var bench = await _bench.OpenAnotherAsync();
                bench.Store.BeforeCall = async _ => await Task.Yield();
                for (int i = 0; i < entries; i++)
                    await bench.AppendAsync(LogKind.Condemn, $"packs/{client}-{i}");
            },
            Token)));

        await using var reader = await _bench.OpenAnotherAsync();
        var state = await reader.Log.FoldAsync(Token);
        Assert.Null(state.Obstacle);
        Assert.Equal(clients * entries, state.NextNumber);
        Assert.Equal(clients * entries, state.Condemned.Count);
        Assert.Equal(clients * entries, _bench.Memory.NamesOf("log/").Count);
    }

    [Fact]
    public async Task Whoever_loses_a_number_decides_again_from_the_whole_prefix()
    {
        await using var other = await _bench.OpenAnotherAsync();
        int interfered = 0;
        _bench.Store.BeforeCall = async call =>
        {
            if (call.IsCommit && interfered++ < 3)
                await other.AppendAsync(LogKind.Erase, $"packs/{interfered}");
        };
        var seen = new List<int>();
        var state = await _bench.AppendAsync(prefix =>
        {
            seen.Add(prefix.Erased.Count);
            return RepositoryBench.Entry(LogKind.Condemn, "packs/mine");
        });
        Assert.Equal([0, 1, 2, 3], seen);
        Assert.Equal(4, state.NextNumber);
        Assert.Equal(["packs/mine"], state.Condemned);
    }

    [Fact]
    public async Task A_decision_against_the_entry_after_losing_ends_the_attempt()
    {
        await using var other = await _bench.OpenAnotherAsync();
        bool interfered = false;
        _bench.Store.BeforeCall = async call =>
        {
            if (call.IsCommit && !interfered)
            {
                interfered = true;
                await other.AppendAsync(LogKind.Erase, "packs/needed");
            }
        };
        await Assert.ThrowsAsync<InvalidOperationException>(() => _bench.AppendAsync(prefix => prefix.Erased.Contains("packs/needed")
            ? throw new InvalidOperationException("no longer allowed")
            : RepositoryBench.Entry(LogKind.Condemn, "packs/mine")));
        Assert.Empty((await other.Log.FoldAsync(Token)).Condemned);
    }

    [Theory]
    [InlineData(StoreVerb.Complete, Fault.FailAfter)]
    [InlineData(StoreVerb.Complete, Fault.FailBefore)]
    [InlineData(StoreVerb.Read, Fault.FailBefore)]
    [InlineData(StoreVerb.Read, Fault.FailAfter)]
    public async Task A_call_that_fails_a_few_times_at_the_commit_does_not_matter(StoreVerb verb, Fault fault)
    {
        int failures = 0;
        bool committing = false;
        _bench.Store.OnCall = call =>
        {
            committing |= call.IsCommit;
            return committing && call.Verb == verb && call.IsLog && failures++ < 4 ? fault : Fault.None;
        };
        var state = await _bench.AppendAsync(LogKind.Condemn, "packs/a");
        Assert.True(failures >= 4);
        Assert.Equal(1, state.NextNumber);
        _bench.Store.OnCall = _ => Fault.None;
        Assert.Equal(["packs/a"], (await (await _bench.OpenAnotherAsync()).Log.FoldAsync(Token)).Condemned);
        Assert.Single(_bench.Memory.NamesOf("log/"));
    }

    [Fact]
    public async Task A_lost_reply_followed_by_unreachable_reads_is_an_unknown_outcome()
    {
        bool committing = false;
        _bench.Store.OnCall = call =>
        {
            committing |= call.IsCommit;
            return !committing || !call.IsLog ? Fault.None : call.Verb == StoreVerb.Complete ? Fault.FailAfter : Fault.FailBefore;
        };
        var unknown = await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => _bench.AppendAsync(LogKind.Condemn, "packs/a"));
        Assert.Equal(LogReader.NameOf(0), unknown.Entry);
        Assert.Equal(ErrorCode.OutcomeUnknown, unknown.Code);
        Assert.Single(_bench.Memory.NamesOf("log/"));
    }

    [Fact]
    public async Task A_put_that_never_succeeds_gives_its_number_to_an_entry_that_says_nothing()
    {
        int attempts = 0;
        _bench.Store.OnCall = call => call.IsCommit && attempts++ < 8 ? Fault.FailBefore : Fault.None;
        var failed = await Assert.ThrowsAsync<SegvaultException>(() => _bench.AppendAsync(LogKind.Condemn, "packs/a"));
        Assert.Equal(ErrorCode.StoreUnreachable, failed.Code);
        Assert.Equal(9, attempts);
        var state = await _bench.Log.FoldAsync(Token);
        Assert.Equal(1, state.NextNumber);
        Assert.Empty(state.Condemned);
        Assert.Equal(LogKind.Nop, _bench.ReadEntry(0).Kind);
    }

    [Fact]
    public async Task A_put_that_lands_after_the_last_attempt_is_success()
    {
        int attempts = 0;
        _bench.Store.OnCall = call => call.IsCommit && attempts++ < 9 ? (attempts == 9 ? Fault.FailBefore : attempts == 8 ? Fault.FailAfter : Fault.FailBefore) : Fault.None;
        Assert.Equal(["packs/a"], (await _bench.AppendAsync(LogKind.Condemn, "packs/a")).Condemned);
        Assert.Equal(9, attempts);
    }

    [Fact]
    public async Task A_store_that_takes_nothing_at_all_leaves_the_outcome_unknown()
    {
        _bench.Store.OnCall = call => call.IsCommit ? Fault.FailBefore : Fault.None;
        var unknown = await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => _bench.AppendAsync(LogKind.Condemn, "packs/a"));
        Assert.Contains(LogReader.NameOf(0), unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_barrier_that_fails_after_the_put_leaves_the_outcome_unknown_and_is_not_tried_again()
    {
        _bench.Store.OnCall = call => call.Verb == StoreVerb.Barrier ? Fault.FailBefore : Fault.None;
        await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => _bench.AppendAsync(LogKind.Condemn, "packs/a"));
        Assert.Single(_bench.Store.Calls, call => call.Verb == StoreVerb.Barrier);
    }

    [Theory]
    [InlineData(StoreVerb.Create)]
    [InlineData(StoreVerb.Write)]
    public async Task A_failure_before_an_upload_is_complete_is_a_plain_failure(StoreVerb verb)
    {
        _bench.Store.OnCall = call => call.Verb == verb ? Fault.FailBefore : Fault.None;
        await Assert.ThrowsAsync<IOException>(() => _bench.Log.AppendAsync(
            _ => RepositoryBench.Entry(LogKind.Condemn, "packs/a"), NullLogger.Instance, Token));
        Assert.Single(_bench.Store.Calls, call => call.Verb == verb);
        Assert.Empty(_bench.Memory.NamesOf("log/"));
    }

    [Fact]
    public async Task An_entry_that_reads_back_otherwise_than_written_is_not_success()
    {
        _bench.DamagedBecause = "the store changed what it was given";
        _bench.Store.OnCall = call => call.IsCommit ? Fault.Shorten : Fault.None;
        var damage = await Assert.ThrowsAsync<DamageException>(() => _bench.AppendAsync(LogKind.Condemn, "packs/a"));
        Assert.Equal(LogReader.NameOf(0), damage.DamagedObject);
        Assert.Single(_bench.Store.Calls, call => call.IsCommit);
    }

    [Fact]
    public async Task An_entry_that_may_be_this_one_and_is_damaged_is_damage()
    {
        _bench.DamagedBecause = "the store changed what it was given";
        var put = new byte[] { 1 };
        _bench.Store.OnCall = call =>
        {
            if (call.IsCommit)
                _bench.Memory.Objects[call.Name] = put;
            return call.IsCommit && _bench.Store.Injected == 0 ? Fault.FailBefore : Fault.None;
        };
        var damage = await Assert.ThrowsAsync<DamageException>(() => _bench.AppendAsync(LogKind.Condemn, "packs/a"));
        Assert.Contains("as it was written", damage.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_that_is_only_read_wrong_is_success()
    {
        _bench.Store.OnCall = call => call is { Verb: StoreVerb.Read, IsLog: true } && _bench.Memory.Objects.ContainsKey(call.Name) && _bench.Store.Injected == 0 ? Fault.FlipRead : Fault.None;
        Assert.Equal(["packs/a"], (await _bench.AppendAsync(LogKind.Condemn, "packs/a")).Condemned);
        Assert.Equal(1, _bench.Store.Injected);
    }

    [Fact]
    public async Task What_is_recorded_is_success_although_nothing_can_be_read_afterwards()
    {
        bool done = false;
        _bench.Store.OnCall = call =>
        {
            var fault = done ? Fault.FailBefore : Fault.None;
            done |= call.Verb == StoreVerb.Barrier;
            return fault;
        };
        Assert.Equal(1, (await _bench.AppendAsync(LogKind.Condemn, "packs/a")).NextNumber);
    }

    [Fact]
    public async Task Cancelling_during_the_commit_does_not_cut_it_in_half()
    {
        using var stop = new CancellationTokenSource();
        _bench.Store.BeforeCall = call => call.IsCommit ? stop.CancelAsync() : Task.CompletedTask;
        var state = await _bench.Log.AppendAsync(_ => RepositoryBench.Entry(LogKind.Condemn, "packs/a"), NullLogger.Instance, stop.Token);
        Assert.Equal(["packs/a"], state.Condemned);
    }

    [Fact]
    public async Task A_listing_that_lacks_an_entry_others_just_wrote_is_not_taken_for_damage()
    {
        await using var other = await _bench.OpenAnotherAsync();
        await other.AppendAsync(LogKind.Condemn, "packs/a");
        await other.AppendAsync(LogKind.Condemn, "packs/b");
        byte[] first = _bench.Memory.Objects[LogReader.NameOf(0)];
        _bench.Memory.Objects.TryRemove(LogReader.NameOf(0), out _);
        _bench.Store.OnCall = call =>
        {
            // Between the listing and the reading.
            if (call is { Verb: StoreVerb.Read, IsLog: true })
                _bench.Memory.Objects[LogReader.NameOf(0)] = first;
            return Fault.None;
        };
        var state = await _bench.Log.FoldAsync(Token);
        Assert.Null(state.Obstacle);
        Assert.Equal(2, state.NextNumber);
    }

    [Fact]
    public async Task Entry_names_sort_as_their_numbers_and_no_directory_grows_beyond_a_thousand()
    {
        Assert.Equal("log/0000000000000/000", LogReader.NameOf(0));
        Assert.Equal("log/0000000000000/999", LogReader.NameOf(999));
        Assert.Equal("log/0000000000001/000", LogReader.NameOf(1000));
        await Task.CompletedTask;
    }
}
