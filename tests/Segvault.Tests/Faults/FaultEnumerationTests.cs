using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Faults;

/// <summary>
/// Every operation, with every kind of fault at every call of the store that it makes: the repository stays consistent, every backup restores, what was
/// reported is true, and a retry succeeds.
/// </summary>
public sealed class FaultEnumerationTests(ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>At every call, always; the others at some of them, unless time does not matter.</summary>
    private static readonly Fault[] Everywhere = [Fault.FailBefore, Fault.FailAfter, Fault.Crash];

    private FaultWorld _world = null!;

    public static TheoryData<string> Operations => [.. FaultedOperation.All.Select(operation => operation.Name)];

    public async ValueTask InitializeAsync() => _world = await FaultWorld.CreateAsync();

    public ValueTask DisposeAsync()
    {
        _world.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_fault_at_any_call_harms_nothing_and_is_told_truly(string name)
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var operation = FaultedOperation.All.Single(one => one.Name == name);
        var calls = await CallsOfAsync(operation);
        foreach (var verb in new[] { StoreVerb.Create, StoreVerb.Write, StoreVerb.Complete, StoreVerb.Delete })
            Assert.Equal(operation.WritesCheckpoint, calls.Any(call => call.IsCheckpoint && call.Verb == verb));
        var injected = new SortedDictionary<Fault, int>();
        int every = TestBench.Rounds(8, 1);
        foreach (var fault in Enum.GetValues<Fault>().Where(fault => fault != Fault.None))
        {
            injected[fault] = 0;
            var places = calls.Where(call => call.Admits(fault)).Select(call => call.Number).ToList();
            int step = Everywhere.Contains(fault) || places.Count <= every ? 1 : every;
            foreach (int place in places.Skip(random.Next(step)).Where((_, i) => i % step == 0))
            {
                bool restoreAll = TestBench.IsThorough || random.Next(60) == 0;
                injected[fault] += await new FaultInjection(_world, operation, place, fault, seed).RunAsync(restoreAll) ? 1 : 0;
            }
        }

        output.WriteLine($"{name}: {calls.Count} calls; {injected.Values.Sum()} faults: {string.Join(", ", injected.Select(pair => $"{pair.Key} {pair.Value}"))}");
        Assert.All(Everywhere, fault => Assert.InRange(injected[fault], calls.Count - 2, calls.Count));
    }

    private async Task<IReadOnlyList<StoreCall>> CallsOfAsync(FaultedOperation operation)
    {
        var memory = operation.Base(_world).Copy();
        memory.DamagedBecause = "some operations begin with damage";
        await using var bench = await RepositoryBench.OpenAsync(memory);
        var check = await operation.RunAsync(_world, bench);
        StoreCall[] calls = [.. bench.Store.Calls];
        await check(bench);
        return calls;
    }
}
