using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Many backups of one index: each is complete by itself, and damage to one is not damage to another.</summary>
public sealed class ChainTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_point_of_a_long_chain_is_restored()
    {
        await using var bench = await BackupBench.CreateAsync();
        var index = await bench.CreateIndexAsync(documents: 400);
        var points = new List<(BackupSummary Backup, IndexState State)> { ((await bench.BackUpAsync()).Backup, await bench.ReadStateAsync()) };
        for (var step = 1; step <= 10; step++)
        {
            // From the eighth small segment on Tantivy merges.
            await BackupBench.CommitAsync(index, 1000 * step, 40, [step, (1000 * (step - 1)) + 7, (1000 * (step - 1)) + 8]);
            if (step % 4 == 0)
                await index.CloseWriterAsync(Token);
            var taken = await bench.BackUpAsync();
            await index.ReloadAsync(Token);
            points.Add((taken.Backup, await bench.ReadStateAsync()));
        }

        await index.CloseWriterAsync(Token);
        Assert.Equal(BackupType.Full, points[0].Backup.Type);
        Assert.All(points.Skip(1), point => Assert.Equal(BackupType.Incremental, point.Backup.Type));
        Assert.Equal(points.Skip(1).Select(point => point.Backup.Base), points.SkipLast(1).Select(point => (BackupId?)point.Backup.Id));
        Assert.Contains(points.Zip(points.Skip(1)), pair => pair.Second.Backup.Segments < pair.First.Backup.Segments);
        foreach (var (backup, state) in points)
            Assert.Equal(state, await bench.RestoreAndReadAsync(backup));
        Assert.Empty((await bench.VerifyAsync(VerifyLevel.Data)).Problems);
    }

    [Fact]
    public async Task After_a_pack_was_lost_the_next_incremental_is_the_repair()
    {
        await using var chain = await DamagedChain.CreateAsync();
        var bench = chain.Bench;
        File.Delete(bench.PathOfObject(chain.FirstPack));

        await chain.AssertNamedAsync(VerifyLevel.Structure, chain.FirstPack);
        var refused = await Assert.ThrowsAsync<DamageException>(() => bench.RestoreAsync(chain.Old, bench.Combine("target")));
        Assert.Equal(ErrorCode.RepositoryDamaged, refused.Code);
        Assert.Contains(chain.FirstPack, refused.DamagedObject, StringComparison.Ordinal);
        Assert.False(Path.Exists(bench.Combine("target")));

        // Nothing in the index has changed: still the answer must not be that a backup is there.
        var repair = await bench.BackUpAsync();
        Assert.False(repair.Unchanged);
        Assert.Equal(BackupType.Incremental, repair.Backup.Type);
        await chain.AssertNamedAsync(VerifyLevel.Data, chain.FirstPack);
        Directory.Delete(bench.Index, recursive: true);
        Assert.Equal(chain.State, await bench.RestoreAndReadAsync(repair.Backup));
    }

    [Fact]
    public async Task After_a_manifest_was_lost_other_backups_are_whole()
    {
        await using var chain = await DamagedChain.CreateAsync();
        var bench = chain.Bench;
        File.Delete(bench.PathOfObject($"backups/{chain.Old.Id}"));

        var problem = Assert.Single((await bench.VerifyAsync()).Problems);
        Assert.Equal([chain.Old.Id], problem.Backups);
        Assert.Contains(chain.Old.Id.ToString(), problem.Object, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DamageException>(() => bench.RestoreAsync(chain.Old, bench.Combine("target")));
        Assert.Equal(chain.State, await bench.RestoreAndReadAsync(chain.Newest));
        Assert.True((await bench.BackUpAsync()).Unchanged);
    }

    [Fact]
    public async Task After_the_newest_manifest_was_lost_the_next_backup_takes_its_place()
    {
        await using var chain = await DamagedChain.CreateAsync();
        var bench = chain.Bench;
        File.Delete(bench.PathOfObject($"backups/{chain.Newest.Id}"));

        var repair = await bench.BackUpAsync();
        Assert.False(repair.Unchanged);
        Assert.Equal(chain.State, await bench.RestoreAndReadAsync(repair.Backup));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.02)]
    [InlineData(0.5)]
    [InlineData(0.95)]
    [InlineData(1.0)]
    public async Task A_flipped_byte_anywhere_in_a_pack_is_found_by_reading_and_never_restored(double place)
    {
        await using var chain = await DamagedChain.CreateAsync();
        var bench = chain.Bench;
        Damage.FlipByte(bench.PathOfObject(chain.FirstPack), place);

        await chain.AssertNamedAsync(VerifyLevel.Data, chain.FirstPack);
        DamageException? refused = null;
        try
        {
            // The byte may be one that a restore has no use for; then what it restores is good.
            Assert.Equal(chain.State, await bench.RestoreAndReadAsync(chain.Newest));
        }
        catch (DamageException exception)
        {
            refused = exception;
        }

        Assert.False(Path.Exists(bench.Combine($"restored-{chain.Newest.Id}")));
        Assert.True(refused is null or { Code: ErrorCode.RepositoryDamaged });
        var full = await bench.BackUpAsync(new() { Type = BackupType.Full });
        Assert.Equal(chain.State, await bench.RestoreAndReadAsync(full.Backup));
    }

    /// <summary>Two backups that share the pack of the first one's segment.</summary>
    private sealed class DamagedChain : IAsyncDisposable
    {
        private DamagedChain(BackupBench bench) => Bench = bench;

        public BackupBench Bench { get; }

        public required BackupSummary Old { get; init; }

        public required BackupSummary Newest { get; init; }

        /// <summary>What the index and the newest backup hold.</summary>
        public required IndexState State { get; init; }

        /// <summary>The pack with the segment that both backups have.</summary>
        public required string FirstPack { get; init; }

        public static async Task<DamagedChain> CreateAsync()
        {
            var bench = await BackupBench.CreateAsync();
            bench.DamagedBecause = "that is what these tests are about";
            var index = await bench.CreateIndexAsync(documents: 500);
            var old = await bench.BackUpAsync();
            var pack = bench.ReadRepositoryFiles().Where(file => file.Name.StartsWith("packs/", StringComparison.Ordinal)).MaxBy(file => file.Length).Name;
            await BackupBench.CommitAsync(index, 1000, 20, [1]);
            await index.CloseWriterAsync(Token);
            var newest = await bench.BackUpAsync();
            return new DamagedChain(bench)
            {
                Old = old.Backup,
                Newest = newest.Backup,
                State = await bench.ReadStateAsync(),
                FirstPack = Path.GetFileName(pack),
            };
        }

        /// <summary>The pack, the two backups and the files in it are named, and nothing else is.</summary>
        public async Task AssertNamedAsync(VerifyLevel level, string damagedObject)
        {
            var problems = (await Bench.VerifyAsync(level)).Problems;
            Assert.NotEmpty(problems);
            Assert.All(problems, problem => Assert.Contains(damagedObject, problem.Object, StringComparison.Ordinal));
            Assert.All(problems, problem => Assert.All(problem.Backups, backup => Assert.Contains(backup, new[] { Old.Id, Newest.Id })));
            Assert.Contains(problems, problem => problem.Backups.Length == 2);
            Assert.Contains(problems, problem => problem.Files.Any(file => file.StartsWith($"{Newest.Id}:", StringComparison.Ordinal)));
        }

        public ValueTask DisposeAsync() => Bench.DisposeAsync();
    }
}
