using Segvault.IO.Native;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Faults;

/// <summary>The faults themselves do what they say: a test that injects none proves nothing.</summary>
public sealed class FaultyObjectStoreTests
{
    private readonly MemoryObjectStore _memory = new();
    private readonly FaultyObjectStore _store;

    public FaultyObjectStoreTests() => _store = new FaultyObjectStore(_memory);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Fault.FailBefore, false)]
    [InlineData(Fault.FailAfter, true)]
    [InlineData(Fault.Crash, false)]
    [InlineData(Fault.CrashAfter, true)]
    [InlineData(Fault.DiskFull, false)]
    public async Task A_completion_that_fails_has_happened_or_not(Fault fault, bool happens)
    {
        At(StoreVerb.Complete, fault);
        var failure = await Assert.ThrowsAsync<IOException>(async () => await PutAsync("a/b", 100));
        Assert.Equal(fault == Fault.DiskFull, NativeError.IsDiskFull(failure));
        Assert.Equal(happens, _memory.Objects.ContainsKey("a/b"));
        Assert.Equal(1, _store.Injected);
    }

    [Theory]
    [InlineData(Fault.Crash)]
    [InlineData(Fault.CrashAfter)]
    [InlineData(Fault.CrashAndLandLater)]
    public async Task A_dead_client_can_do_nothing_more(Fault fault)
    {
        At(StoreVerb.Complete, fault);
        await Assert.ThrowsAsync<IOException>(async () => await PutAsync("a/b", 100));
        await Assert.ThrowsAsync<IOException>(async () => await _store.ReadAsync("a/b", Token));
        await Assert.ThrowsAsync<IOException>(async () => await _store.DeleteAsync("a/b", Token));
    }

    [Fact]
    public async Task What_was_on_its_way_lands_when_the_test_says_so_and_never_over_another()
    {
        At(StoreVerb.Complete, Fault.CrashAndLandLater);
        await Assert.ThrowsAsync<IOException>(async () => await PutAsync("a/b", 100));
        Assert.Empty(_memory.Objects);
        Assert.True(await _memory.PutIfAbsentAsync("a/c", new byte[1], Token));
        await _store.LandAsync();
        Assert.Equal(100, _memory.Objects["a/b"].Length);
        Assert.False(_store.HasOnItsWay);
    }

    [Fact]
    public async Task A_shortened_object_is_reported_as_written()
    {
        At(StoreVerb.Complete, Fault.Shorten);
        Assert.True(await PutAsync("a/b", 99));
        Assert.Equal(66, _memory.Objects["a/b"].Length);
    }

    [Fact]
    public async Task A_repeated_completion_meets_its_own_success()
    {
        At(StoreVerb.Complete, Fault.Duplicate);
        Assert.False(await PutAsync("a/b", 10));
        Assert.Equal(10, _memory.Objects["a/b"].Length);
    }

    [Fact]
    public async Task What_is_read_wrong_is_stored_right()
    {
        await PutAsync("a/b", 90);
        At(StoreVerb.Read, Fault.FlipRead);
        Assert.Equal(1, (await _store.ReadAsync("a/b", Token))!.Count(one => one != 0));
        At(StoreVerb.ReadRange, Fault.ShortRead);
        Assert.Equal(60, await _store.ReadAsync("a/b", 0, new byte[90], Token));
        Assert.All(_memory.Objects["a/b"], one => Assert.Equal(0, one));
    }

    [Fact]
    public async Task A_delayed_call_is_overtaken()
    {
        At(StoreVerb.Complete, Fault.Delay, "late/object");
        var late = Task.Run(() => PutAsync("late/object", 1), Token);
        while (!_store.Calls.Any(call => call.Verb == StoreVerb.Complete))
            await Task.Yield();
        Assert.True(await PutAsync("early/object", 1));
        Assert.True(await late);
    }

    private void At(StoreVerb verb, Fault fault, string? name = null) =>
        _store.OnCall = call => call.Verb == verb && (name is null || call.Name == name) ? fault : Fault.None;

    private Task<bool> PutAsync(string name, int length) => _store.PutIfAbsentAsync(name, new byte[length], Token).AsTask();
}
