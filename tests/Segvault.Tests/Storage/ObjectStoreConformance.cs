using Segvault.Storage;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Storage;

/// <summary>What is asked of every store. The same is run by <c>segvault store test</c>.</summary>
public abstract class ObjectStoreConformance
{
    public static TheoryData<string> Checks => [.. StoreConformance.Checks];

    /// <summary>A new client of the same place every time.</summary>
    protected abstract ObjectStore OpenClient();

    /// <summary>Lower where every request takes its time.</summary>
    protected virtual StoreConformanceOptions Options { get; } = new();

    [Theory]
    [MemberData(nameof(Checks))]
    public async Task The_store_keeps_this_rule_and_is_left_as_it_was(string check)
    {
        var result = await StoreConformance.RunOneAsync(check, OpenClient, Options, TestContext.Current.CancellationToken);
        Assert.True(result.Passed, $"{result.Rule} {result.Problem}");
        await using var store = OpenClient();
        Assert.Empty(await store.ListAsync("probes/", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        AssertLeftAsItWas();
    }

    /// <summary>What a listing does not tell.</summary>
    protected virtual void AssertLeftAsItWas()
    {
    }
}

public sealed class MemoryObjectStoreConformance : ObjectStoreConformance
{
    private readonly MemoryObjectStore _memory = new();

    /// <summary>The second client sees the same objects through a store of its own.</summary>
    protected override ObjectStore OpenClient() => new FaultyObjectStore(_memory);
}

public sealed class LocalObjectStoreConformance : ObjectStoreConformance, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>Every file is flushed, so ten thousand take their time.</summary>
    protected override StoreConformanceOptions Options { get; } = new() { ListedObjects = TestBench.Rounds(2_000, 10_000) };

    protected override ObjectStore OpenClient() => new LocalObjectStore(_directory.Combine("store"));

    protected override void AssertLeftAsItWas()
    {
        Assert.Empty(Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories));
        string[] places = ["store", "store/probes", "store/tmp"];
        Assert.Empty(Directory.EnumerateDirectories(_directory.Path, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_directory.Path, path).Replace(Path.DirectorySeparatorChar, '/')).Except(places));
    }
}
