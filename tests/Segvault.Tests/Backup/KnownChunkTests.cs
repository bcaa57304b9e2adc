using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;
using Store = Segvault.Testing.DocStore;

namespace Segvault.Tests.Backup;

/// <summary>What a merge copies is not stored again, as long as the packs that have it can be relied on and are worth keeping.</summary>
public sealed class KnownChunkTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Seed = 5;

    private readonly TempDirectory _directory = new();
    private readonly Random _random = new(Seed);
    private readonly Dictionary<BackupId, string[]> _packsOfStores = [];
    private RepositoryBench _bench = null!;
    private TantivyFiles _index = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        output.WriteLine($"seed {Seed}");
        _bench = await RepositoryBench.CreateAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_merged_store_refers_to_what_is_stored_and_outlives_the_backups_that_stored_it()
    {
        var (one, other) = (Store.MakeBlocks(_random, 300), Store.MakeBlocks(_random, 300));
        Add(one);
        Add(other);
        var first = await BackUpAsync();
        Merge([.. one, .. other]);
        var merged = await BackUpAsync();
        var (known, all) = await SharedAsync(first, merged);
        output.WriteLine($"{known} of {all} bytes are known");
        Assert.InRange(known, all * 8 / 10, all);
        Assert.InRange(merged.BytesNew, 1, merged.BytesRead - known);
        Assert.InRange(merged.BytesStored, 1, all / 5);
        await AssertSoundAsync(merged);

        await _bench.Repository.DeleteBackupsAsync([first.Backup.Id], Token);
        await _bench.CollectAsync();
        await AssertSoundAsync(merged);
        Assert.True((await BackUpAsync()).Unchanged);
    }

    [Fact]
    public async Task A_full_backup_refers_to_nothing()
    {
        var blocks = Store.MakeBlocks(_random, 300);
        Add(blocks);
        var first = await BackUpAsync();
        Merge(blocks);
        var full = await BackUpAsync(new() { Type = BackupType.Full });
        Assert.Equal(0, (await SharedAsync(first, full)).Known);
        Assert.Equal(full.BytesRead, full.BytesNew);
    }

    [Fact]
    public async Task Runs_of_less_than_a_megabyte_are_stored_again()
    {
        var blocks = Store.MakeBlocks(_random, 300);
        Add(blocks);
        var first = await BackUpAsync();

        // About 700 KiB of old blocks, then as much of new ones, and so on.
        Merge([.. blocks.Chunk(60).SelectMany(known => known.Concat(Store.MakeBlocks(_random, 60)))]);
        var merged = await BackUpAsync();
        Assert.Equal(0, (await SharedAsync(first, merged)).Known);
        await AssertSoundAsync(merged);
    }

    [Theory]
    [InlineData(LogKind.Condemn)]
    [InlineData(LogKind.Verified)]
    public async Task A_pack_that_the_log_speaks_against_is_not_referred_to(string kind)
    {
        var blocks = Store.MakeBlocks(_random, 300);
        Add(blocks);
        var first = await BackUpAsync();
        _bench.DamagedBecause = "the log speaks against packs that a live backup needs";
        await _bench.AppendAsync(kind, await PacksOfStoreAsync(first));
        Merge(blocks);
        var merged = await BackUpAsync();
        Assert.Equal(0, (await SharedAsync(first, merged)).Known);
        await AssertRestoresAsync(merged);
    }

    [Fact]
    public async Task A_pack_that_is_not_there_at_its_size_is_not_referred_to()
    {
        _bench.DamagedBecause = "a pack is cut short";
        var blocks = Store.MakeBlocks(_random, 300);
        Add(blocks);
        var first = await BackUpAsync();
        foreach (var pack in await PacksOfStoreAsync(first))
            _bench.Memory.Objects[pack] = _bench.Memory.Objects[pack][..^1];
        Merge(blocks);
        var merged = await BackUpAsync();
        Assert.Equal(0, (await SharedAsync(first, merged)).Known);
        await AssertRestoresAsync(merged);
    }

    [Fact]
    public async Task A_pack_of_which_less_than_half_is_used_is_not_referred_to()
    {
        // Small segments share a pack.
        var (large, small) = (Store.MakeBlocks(_random, 400), Store.MakeBlocks(_random, 150));
        var dying = Add(large);
        Add(small);
        var first = await BackUpAsync();
        Remove(dying);
        var second = await BackUpAsync();
        Assert.NotEqual(0, (await SharedAsync(first, second)).Known);
        await _bench.Repository.DeleteBackupsAsync([first.Backup.Id], Token);
        Merge(small);
        var merged = await BackUpAsync();
        Assert.Equal(0, (await SharedAsync(first, merged)).Known);
        await AssertSoundAsync(merged);
    }

    private TantivySegment Add(IReadOnlyCollection<byte[]> blocks)
    {
        var segment = _index.AddSegment(100, Store.Join(blocks));
        _index.WriteMeta();
        return segment;
    }

    private void Remove(TantivySegment segment)
    {
        _index.RemoveSegment(segment);
        _index.WriteMeta();
        _index.CollectGarbage();
    }

    private void Merge(IReadOnlyCollection<byte[]> blocks)
    {
        foreach (var segment in _index.Segments.ToList())
            _index.RemoveSegment(segment);
        Add(blocks);
        _index.CollectGarbage();
    }

    private Task<BackupResult> BackUpAsync(BackupOptions? options = null) => _bench.BackUpAsync(_index.Directory, options);

    /// <summary>Bytes of a backup's document stores that are in packs of an earlier one, and all of them.</summary>
    private async Task<(long Known, long All)> SharedAsync(BackupResult earlier, BackupResult later)
    {
        var packs = (await _bench.Manager.GetManifestAsync(later.Backup.Id, Token)).Packs;
        var known = (await PacksOfStoreAsync(earlier)).ToHashSet();
        var stores = (await _bench.ReadManifestAsync(later)).Files.Where(file => file.Path.EndsWith(".store", StringComparison.Ordinal)).ToList();
        return (stores.SelectMany(file => file.Runs).Where(run => known.Contains(PackFormat.NameOf(packs[run.Pack].Id))).Sum(run => run.Length), stores.Sum(file => file.Length));
    }

    /// <summary>Remembered, for when the backup is deleted.</summary>
    private async Task<string[]> PacksOfStoreAsync(BackupResult backup)
    {
        if (_packsOfStores.TryGetValue(backup.Backup.Id, out var packs))
            return packs;
        var manifest = await _bench.ReadManifestAsync(backup);
        packs = [.. manifest.Files.Where(file => file.Path.EndsWith(".store", StringComparison.Ordinal)).SelectMany(file => file.Runs).Select(run => PackFormat.NameOf(manifest.Packs[run.Pack].Id)).Distinct()];
        _packsOfStores.Add(backup.Backup.Id, packs);
        return packs;
    }

    private async Task AssertSoundAsync(BackupResult backup)
    {
        Assert.Empty((await _bench.VerifyAsync()).Problems);
        await AssertRestoresAsync(backup);
    }

    private async Task AssertRestoresAsync(BackupResult backup)
    {
        var target = _directory.Combine("restored");
        await _bench.Manager.RestoreBackupAsync(backup.Backup.Id, target, cancellationToken: Token);
        Assert.All(_index.LiveFiles, file => Assert.True(File.ReadAllBytes(_index.PathOf(file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(target, file))), file));
        Directory.Delete(target, recursive: true);
    }
}
