using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Storage;

/// <summary>What operations ask of a store: an object store charges for every request, and answers each in tens of milliseconds.</summary>
public sealed class RequestCountTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _bench = await RepositoryBench.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_backup_of_an_unchanged_index_of_a_hundred_segments_reads_a_few_objects()
    {
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 100);
        await _bench.BackUpAsync(index.Directory);
        await using var client = await _bench.OpenAnotherAsync();
        var requests = await CountAsync(client, async () => Assert.True((await client.BackUpAsync(index.Directory)).Unchanged));

        // The log is listed when the backup begins and when it says that nothing changed, the packs between; its two entries and one manifest are read.
        Assert.Equal(3, requests.GetValueOrDefault(StoreVerb.List));
        Assert.Equal(3, requests.GetValueOrDefault(StoreVerb.Read));
        Assert.Equal(6, requests.Values.Sum());
    }

    [Fact]
    public async Task A_backup_of_one_new_segment_among_a_hundred_asks_for_no_more_with_every_segment()
    {
        var counts = new List<int>();
        foreach (var segments in (int[])[10, 100])
        {
            var index = TantivyFiles.Create(_directory.Combine($"index{segments}"), segments);
            await _bench.BackUpAsync(index.Directory);
            index.AddSegment(50);
            index.WriteMeta();
            await using var client = await _bench.OpenAnotherAsync();
            var requests = await CountAsync(client, () => client.BackUpAsync(index.Directory));
            Assert.InRange(requests.GetValueOrDefault(StoreVerb.List), 1, 4);
            counts.Add(requests.Where(count => count.Key != StoreVerb.Read).Sum(count => count.Value));
        }

        Assert.Equal(counts[0], counts[1]);
    }

    [Fact]
    public async Task Restoring_one_changed_segment_onto_the_rest_reads_only_the_packs_of_that_segment()
    {
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 0);
        for (var i = 0; i < 3; i++)
            index.AddSegment(100, Noise(i));
        index.WriteMeta();
        var backup = await _bench.BackUpAsync(index.Directory);
        var manifest = await _bench.ReadManifestAsync(backup);
        var target = _directory.Combine("target");
        await _bench.Manager.RestoreBackupAsync(backup.Backup.Id, target, cancellationToken: Token);
        var changed = manifest.Files.Single(file => file.Path == $"{index.Segments[1].Id}.store");
        await File.WriteAllBytesAsync(Path.Combine(target, changed.Path), [1, 2, 3], Token);
        _bench.Store.Forget();
        var result = await _bench.Manager.RestoreBackupAsync(backup.Backup.Id, target, new RestoreOptions { IfTargetExists = IfTargetExists.Replace }, cancellationToken: Token);
        var own = changed.Runs.Concat(manifest.Files.Single(file => file.Path == "meta.json").Runs).Select(run => PackFormat.NameOf(manifest.Packs[run.Pack].Id)).ToHashSet();
        Assert.Subset(own, _bench.Store.Calls.Where(call => call.Name.StartsWith(PackFormat.Prefix, StringComparison.Ordinal)).Select(call => call.Name).ToHashSet(StringComparer.Ordinal));
        output.WriteLine($"{result.BytesFetched} bytes fetched for {changed.Length} of {manifest.TotalSize}");
        Assert.InRange(result.BytesFetched, 1, changed.Length + 10_000);
    }

    private async Task<Dictionary<StoreVerb, int>> CountAsync(RepositoryBench client, Func<Task> work)
    {
        client.Store.Forget();
        await work();
        var counts = client.Store.Calls.CountBy(call => call.Verb).ToDictionary();
        output.WriteLine(string.Join(", ", counts.OrderBy(count => count.Key).Select(count => $"{count.Value} {count.Key}")));
        return counts;
    }

    private static byte[] Noise(int seed)
    {
        var bytes = new byte[9 * 1024 * 1024];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
