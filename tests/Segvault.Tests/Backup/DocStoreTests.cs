using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;
using Store = Segvault.Testing.DocStore;

namespace Segvault.Tests.Backup;

/// <summary>Document stores, cut between their blocks, come back byte for byte, whatever is in them.</summary>
public sealed class DocStoreTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Seed = 20261128;
    private const int Megabyte = 1024 * 1024;

    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Kinds => [.. Stores.Keys];

    private static Dictionary<string, Func<Random, byte[]>> Stores { get; } = new(StringComparer.Ordinal)
    {
        ["blocks"] = random => Store.Join(Store.MakeBlocks(random, 400)),
        ["not compressed"] = random => Store.Join([Store.MakeText(random, 3 * Megabyte)], compressor: 0),
        ["zstd"] = random => Store.Join([[0, 64, 0, 0, 0x28, 0xB5, 0x2F, 0xFD, .. Noise(random, 2 * Megabyte)]], compressor: 4),
        ["nothing but noise"] = random => Noise(random, (2 * Megabyte) + 17),
        ["cut short"] = random => Store.Join(Store.MakeBlocks(random, 400))[..(3 * Megabyte)],
        ["a huge block"] = random => Store.Join([.. Store.MakeBlocks(random, 50), Store.MakeBlock(Noise(random, 9 * Megabyte)), .. Store.MakeBlocks(random, 50)]),
        ["blocks that hold very much"] = random => Store.Join([.. Store.MakeBlocks(random, 200), Store.MakeBlock(new byte[60 * Megabyte]), .. Enumerable.Repeat(Store.MakeBlock(new byte[3 * Megabyte]), 40)]),
        ["a broken block in the middle"] = random => Break(Store.Join(Store.MakeBlocks(random, 400)), 2 * Megabyte),
        ["less than a megabyte"] = random => Store.Join(Store.MakeBlocks(random, 40)),
    };

    public async ValueTask InitializeAsync() => _bench = await RepositoryBench.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_store_of_any_kind_comes_back_byte_for_byte(string kind)
    {
        output.WriteLine($"seed {Seed}");
        var index = MakeIndex(Stores[kind](new Random(Seed)));
        foreach (var compression in Enum.GetValues<BackupCompression>())
        {
            var backup = await _bench.BackUpAsync(index.Directory, new() { Type = BackupType.Full, Compression = compression });
            output.WriteLine($"{compression}: {backup.BytesStored} of {backup.Backup.Bytes} bytes");
            Assert.Empty((await _bench.VerifyAsync()).Problems);
            await AssertRestoresAsync(index, backup);
        }
    }

    [Fact]
    public async Task Files_cut_by_their_content_have_packs_of_their_own()
    {
        var index = MakeIndex(Stores["blocks"](new Random(Seed)));
        var manifest = await _bench.ReadManifestAsync(await _bench.BackUpAsync(index.Directory));
        var store = manifest.Files.Single(file => file.Path.EndsWith(".store", StringComparison.Ordinal));
        var packs = store.Runs.Select(run => run.Pack).ToHashSet();
        Assert.All(manifest.Files.Where(file => file != store), file => Assert.DoesNotContain(file.Runs, run => packs.Contains(run.Pack)));
        Assert.InRange(store.Runs.Sum(run => run.Count), store.Length / 100_000, store.Length / 40_000);
    }

    [Fact]
    public async Task Recoding_takes_less_room_and_a_flipped_byte_in_it_is_found()
    {
        var index = MakeIndex(Stores["blocks"](new Random(Seed)));
        var fast = await _bench.BackUpAsync(index.Directory, new() { Compression = BackupCompression.Fast });
        var backup = await _bench.BackUpAsync(index.Directory, new() { Type = BackupType.Full });
        Assert.InRange(backup.BytesStored, 1, fast.BytesStored * 9 / 10);

        var manifest = await _bench.ReadManifestAsync(backup);
        var store = manifest.Files.Single(file => file.Path.EndsWith(".store", StringComparison.Ordinal));
        var pack = PackFormat.NameOf(manifest.Packs[store.Runs[0].Pack].Id);
        _bench.DamagedBecause = "a byte of a recoded chunk is flipped";
        _bench.Memory.Objects[pack][5000] ^= 4;
        Assert.Contains((await _bench.VerifyAsync()).Problems, problem => problem.Object == pack && problem.Problem.Contains("has a chunk (number", StringComparison.Ordinal) && problem.Files.Contains($"{backup.Backup.Id}:{store.Path}"));
        var target = _directory.Combine("restored");
        await Assert.ThrowsAsync<DamageException>(() => _bench.Manager.RestoreBackupAsync(backup.Backup.Id, target, cancellationToken: Token));
        Assert.False(Directory.Exists(target));
    }

    private TantivyFiles MakeIndex(byte[] store)
    {
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 0);
        index.AddSegment(100, store);
        index.WriteMeta();
        return index;
    }

    private async Task AssertRestoresAsync(TantivyFiles index, BackupResult backup)
    {
        var target = _directory.Combine("restored");
        await _bench.Manager.RestoreBackupAsync(backup.Backup.Id, target, cancellationToken: Token);
        Assert.All(index.LiveFiles, file => Assert.True(File.ReadAllBytes(index.PathOf(file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(target, file))), file));
        Directory.Delete(target, recursive: true);
    }

    private static byte[] Noise(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Break(byte[] store, int at)
    {
        store.AsSpan(at, 40).Fill(0xFF);
        return store;
    }
}
