using System.Collections.Concurrent;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Collection;

/// <summary>
/// Several clients back up, delete, bring back, prune, collect, restore and verify, with replies that get lost: whatever happens in whatever order,
/// every live backup restores byte for byte, and what is collected is what nobody needs.
/// </summary>
public sealed class RandomCollectionTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task One_after_another_every_live_backup_restores_after_each_step(int seed)
    {
        await using var world = await World.CreateAsync(_directory, seed, clients: 3);
        for (int step = 0; step < 40; step++)
        {
            output.WriteLine($"{step}: {await world.StepAsync(0)}");
            await world.RestoreAllAsync();
        }

        await world.FinishAsync();
        output.WriteLine($"{world.Restored} restores, {world.Collected} objects collected");
        Assert.InRange(world.Restored, 40, int.MaxValue);
        Assert.InRange(world.Collected, 5, int.MaxValue);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public async Task All_at_once_every_live_backup_restores(int seed)
    {
        await using var world = await World.CreateAsync(_directory, seed, clients: 5);
        for (int round = 0; round < 4; round++)
        {
            var log = new ConcurrentQueue<string>();
            await Task.WhenAll(Enumerable.Range(0, 5).Select(client => Task.Run(
                async () =>
                {
                    for (int step = 0; step < 8; step++)
                        log.Enqueue($"{client}: {await world.StepAsync(client)}");
                },
                Token)));
            foreach (string line in log)
                output.WriteLine(line);
            await world.RestoreAllAsync();
        }

        await world.FinishAsync();
        output.WriteLine($"{world.Restored} restores, {world.Collected} objects collected");
        Assert.InRange(world.Collected, 5, int.MaxValue);
    }

    private sealed class World : IAsyncDisposable
    {
        private readonly RepositoryBench _bench;
        private readonly TempDirectory _directory;
        private readonly RepositoryBench[] _clients;
        private readonly TantivyFiles[] _indexes;
        private readonly Random[] _randoms;
        private readonly ConcurrentDictionary<BackupId, DirectoryContent> _expected = [];
        private int _targets;
        private int _restored;
        private int _collected;

        private World(RepositoryBench bench, TempDirectory directory, RepositoryBench[] clients, TantivyFiles[] indexes, int seed)
        {
            _bench = bench;
            _directory = directory;
            _clients = clients;
            _indexes = indexes;
            _randoms = [.. clients.Select((_, i) => new Random((seed * 100) + i))];
            foreach (var (client, random) in clients.Zip(_randoms))
            {
                var faults = new Random(random.Next());

                // Replies of the log are lost, and calls interleave where they can.
                client.Store.OnCall = call => call.IsLog && call.Verb is StoreVerb.Complete or StoreVerb.Read && faults.Next(12) == 0
                    ? call.Verb == StoreVerb.Complete ? Fault.FailAfter : Fault.None
                    : Fault.None;
                client.Store.BeforeCall = async _ => await Task.Yield();
            }
        }

        public int Restored => _restored;

        public int Collected => _collected;

        public static async Task<World> CreateAsync(TempDirectory directory, int seed, int clients)
        {
            var bench = await RepositoryBench.CreateAsync();
            var others = new List<RepositoryBench>();
            for (int i = 0; i < clients; i++)
                others.Add(await bench.OpenAnotherAsync());
            var indexes = Enumerable.Range(0, clients).Select(i => TantivyFiles.Create(directory.Combine($"index-{i}"), segments: 1, bytesPerFile: 500, seed: (seed * 10) + i));
            return new World(bench, directory, [.. others], [.. indexes], seed);
        }

        public async Task<string> StepAsync(int who)
        {
            var random = _randoms[who];
            var client = _clients[who == 0 ? random.Next(_clients.Length) : who];
            try
            {
                return random.Next(14) switch
                {
                    < 5 => await BackUpAsync(client, _indexes[who], random),
                    5 or 6 => await DeleteAsync(client, random),
                    7 or 8 => await UndeleteAsync(client, random),
                    9 => await PruneAsync(client, random),
                    10 or 11 or 12 => await CollectAsync(client, random),
                    _ => await RestoreAsync(client, random),
                };
            }
            catch (BackupNotFoundException exception)
            {
                // Somebody was faster.
                return exception.Message;
            }
        }

        /// <summary>Restores every live backup, with a client that knows nothing of before.</summary>
        public async Task RestoreAllAsync()
        {
            await using var client = await _bench.OpenAnotherAsync();
            foreach (var backup in await client.ListAsync())
                await RestoreAsync(client, backup.Id);
            Assert.Empty((await client.VerifyAsync(VerifyLevel.Structure)).Problems);
        }

        public async Task FinishAsync()
        {
            await using var client = await _bench.OpenAnotherAsync();
            _collected += (await client.CollectAsync()).PacksErased;
            Assert.Empty(await client.FindUnreferencedPacksAsync());
            Assert.Equal((await client.ListAsync()).Count, client.Memory.NamesOf("backups/").Count);
            await RestoreAllAsync();
            Assert.Empty((await client.VerifyAsync()).Problems);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var client in _clients)
                await client.DisposeAsync();
            await _bench.DisposeAsync();
        }

        private async Task<string> BackUpAsync(RepositoryBench client, TantivyFiles index, Random random)
        {
            if (random.Next(3) != 0)
            {
                index.AddSegment(random.Next(1, 30));
                if (index.Segments.Count > 3)
                    index.RemoveSegment(index.Segments[random.Next(index.Segments.Count)]);
                index.WriteMeta();
            }

            var content = DirectoryContent.Of(index);
            var result = await client.BackUpAsync(index.Directory, new BackupOptions { Type = random.Next(4) == 0 ? BackupType.Full : BackupType.Incremental });
            Assert.Equal(content, _expected.GetOrAdd(result.Backup.Id, content));
            return $"back up {result.Backup.Id.ToShortString()}{(result.Unchanged ? " (unchanged)" : "")}";
        }

        private static async Task<string> DeleteAsync(RepositoryBench client, Random random)
        {
            var live = await client.ListAsync();
            if (live.Count == 0)
                return "nothing to delete";
            var backups = Enumerable.Range(0, random.Next(1, 3)).Select(_ => live[random.Next(live.Count)].Id).Distinct().ToList();
            await client.Repository.DeleteBackupsAsync(backups, Token);
            return $"delete {string.Join(", ", backups.Select(backup => backup.ToShortString()))}";
        }

        private static async Task<string> UndeleteAsync(RepositoryBench client, Random random)
        {
            var deleted = await client.Repository.ListDeletedBackupsAsync(Token);
            if (deleted.IsEmpty)
                return "nothing to bring back";
            var backup = deleted[random.Next(deleted.Length)].Backup.Id;
            await client.Repository.UndeleteBackupsAsync([backup], Token);
            return $"bring back {backup.ToShortString()}";
        }

        private static async Task<string> PruneAsync(RepositoryBench client, Random random)
        {
            var result = await client.Repository.PruneAsync(new RetentionPolicy { KeepLast = random.Next(2, 5) }, cancellationToken: Token);
            return $"prune {result.Removed.Backups.Length}";
        }

        private async Task<string> CollectAsync(RepositoryBench client, Random random)
        {
            var result = await client.CollectAsync(random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromDays(1));
            Interlocked.Add(ref _collected, result.PacksErased);
            return $"collect {result.PacksErased} packs";
        }

        private async Task<string> RestoreAsync(RepositoryBench client, Random random)
        {
            var live = await client.ListAsync();
            if (live.Count == 0)
                return "nothing to restore";
            var backup = live[random.Next(live.Count)].Id;
            await RestoreAsync(client, backup);
            Assert.Empty((await client.VerifyAsync()).Problems);
            return $"restore {backup.ToShortString()}";
        }

        private async Task RestoreAsync(RepositoryBench client, BackupId backup)
        {
            string target = _directory.Combine($"restored-{Interlocked.Increment(ref _targets)}");
            try
            {
                await client.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token);
            }
            catch (BackupNotFoundException)
            {
                Assert.False(Directory.Exists(target));
                throw;
            }

            // A backup that ran at the same time may be listed before it has said what it holds.
            if (_expected.TryGetValue(backup, out var expected))
                Assert.Equal(expected, DirectoryContent.Of(target));
            Directory.Delete(target, recursive: true);
            Interlocked.Increment(ref _restored);
        }
    }
}
