using Segvault.Storage;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Storage;

/// <summary>The conformance suite itself: what it finds, and what it leaves.</summary>
public sealed class StoreConformanceTests(ITestOutputHelper output)
{
    private static readonly StoreConformanceOptions Small = new() { Rounds = 16, ListedObjects = 1200, LargeObjectBytes = (6 << 20) + 1 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Checks => [.. StoreConformance.Checks];

    [Theory]
    [MemberData(nameof(Checks))]
    public async Task Each_check_finds_a_store_that_breaks_its_rule_and_leaves_it_as_it_was(string check)
    {
        var memory = new MemoryObjectStore();
        memory.Objects["segvault.json"] = [1];
        var result = await StoreConformance.RunOneAsync(check, () => BrokenStores.ByCheck[check](memory), Small, Token);
        output.WriteLine($"{check}: {result.Problem}");
        Assert.NotNull(result.Problem);
        Assert.Equal("segvault.json", Assert.Single(memory.Objects).Key);
    }

    [Fact]
    public async Task A_store_that_fails_is_a_problem_in_the_report_and_stops_no_other_check()
    {
        var memory = new MemoryObjectStore();
        var report = await StoreConformance.RunAsync(
            () => new FaultyObjectStore(memory) { OnCall = call => call.Verb == StoreVerb.ReadRange ? Fault.FailBefore : Fault.None }, Small, cancellationToken: Token);
        Assert.False(report.Passed);
        Assert.Equal(StoreConformance.Checks, report.Checks.Select(check => check.Check));
        Assert.Contains("injected", report.Checks.Single(check => check.Check == "ranges").Problem, StringComparison.Ordinal);
        Assert.True(report.Checks.Single(check => check.Check == "one-winner").Passed);
        Assert.Empty(memory.Objects);
    }

    [Fact]
    public async Task What_cannot_be_removed_is_a_problem()
    {
        var memory = new MemoryObjectStore();
        var result = await StoreConformance.RunOneAsync(
            "one-winner", () => new FaultyObjectStore(memory) { OnCall = call => call.Verb == StoreVerb.Delete ? Fault.FailBefore : Fault.None }, Small, Token);
        Assert.Contains("injected", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelled_at_any_moment_it_leaves_nothing()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var memory = new MemoryObjectStore();
        for (int round = 0; round < TestBench.Rounds(20, 300); round++)
        {
            using var stop = new CancellationTokenSource();
            int calls = 0;
            int last = (int)Math.Pow(10, random.NextDouble() * 4);
            ObjectStore Open() => new FaultyObjectStore(memory) { BeforeCall = _ => Interlocked.Increment(ref calls) == last ? stop.CancelAsync() : Task.CompletedTask };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StoreConformance.RunAsync(Open, Small, cancellationToken: stop.Token));
            Assert.Empty(memory.Objects);
        }
    }

    [Fact]
    public async Task Beside_a_repository_in_use_it_harms_nothing_and_nobody_minds_it()
    {
        using var directory = new TempDirectory();
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(directory.Combine("index"), segments: 1, bytesPerFile: 300);
        await bench.BackUpAsync(index.Directory);
        var suite = StoreConformance.RunAsync(() => new FaultyObjectStore(bench.Memory), Small, cancellationToken: Token);
        for (int round = 0; !suite.IsCompleted || round == 0; round++)
        {
            index.AddSegment(5);
            index.WriteMeta();
            await bench.BackUpAsync(index.Directory);
            Assert.Empty((await bench.VerifyAsync()).Problems);
            await bench.CollectAsync();
        }

        Assert.True((await suite).Passed);
        Assert.Empty((await bench.VerifyAsync()).Problems);
        Assert.Empty(bench.Memory.NamesOf("probes/"));
    }

    [Fact]
    public async Task A_name_of_a_check_that_there_is_not_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => StoreConformance.RunOneAsync("none", () => new MemoryObjectStore(), cancellationToken: Token));
}
