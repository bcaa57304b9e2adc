using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Backup;

/// <summary>Whatever happens in whatever order: a live backup whose objects nobody damaged restores byte for byte.</summary>
public sealed class RandomHistoryTests(ITestOutputHelper output) : IDisposable
{
    private const int Steps = 60;

    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Every_live_undamaged_backup_restores(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var bench = await RepositoryBench.CreateAsync();
        bench.DamagedBecause = "packs are harmed at random";
        var history = new History(bench, random, TantivyFiles.Create(_directory.Combine("index"), bytesPerFile: 600, seed: seed));
        for (int step = 0; step < Steps; step++)
        {
            output.WriteLine($"{step}: {await history.StepAsync()}");
            if (step % 10 == 9)
                await history.RestoreAllAsync(_directory.Combine("restored"));
        }

        Assert.True(history.Restored > 10, $"only {history.Restored} restores");
    }

    private sealed class History(RepositoryBench bench, Random random, TantivyFiles index)
    {
        private readonly Dictionary<BackupId, DirectoryContent> _expected = [];
        private readonly HashSet<string> _lost = new(StringComparer.Ordinal);

        public int Restored { get; private set; }

        public async Task<string> StepAsync()
        {
            switch (random.Next(15))
            {
                case 0:
                    index.AddSegment(random.Next(1, 40));
                    index.WriteMeta();
                    return "add a segment";
                case 1 when index.Segments.Count > 0:
                    index.AddDelete(Pick(index.Segments));
                    index.WriteMeta();
                    return "delete a document";
                case 2 when index.Segments.Count > 1:
                    index.RemoveSegment(Pick(index.Segments));
                    index.AddSegment(random.Next(1, 40));
                    index.WriteMeta();
                    index.CollectGarbage();
                    return "merge";
                case 3 or 4 or 5 or 6 or 7 or 8 or 9 or 10:
                    return await BackUpAsync(random.Next(5) == 0 ? BackupType.Full : BackupType.Incremental);
                case 11:
                    return await LoseAsync();
                case 12:
                    return await RemoveAsync();
                case 13:
                    return await CondemnAsync();
                default:
                    return await EraseAsync();
            }
        }

        public async Task RestoreAllAsync(string target)
        {
            await using var client = await bench.OpenAnotherAsync();
            var harmed = (await client.VerifyAsync()).Problems.SelectMany(problem => problem.Backups).ToHashSet();
            foreach (var backup in await client.ListAsync())
            {
                var manifest = await client.Manager.GetManifestAsync(backup.Id, Token);
                bool damaged = manifest.Packs.Any(pack => _lost.Contains(PackFormat.NameOf(pack.Id)));
                Assert.Equal(damaged, harmed.Contains(backup.Id));
                if (damaged)
                {
                    await Assert.ThrowsAsync<DamageException>(() => client.Manager.RestoreBackupAsync(backup.Id, target, cancellationToken: Token));
                    Assert.False(Directory.Exists(target));
                    continue;
                }

                await client.Manager.RestoreBackupAsync(backup.Id, target, cancellationToken: Token);
                Assert.Equal(_expected[backup.Id], DirectoryContent.Of(target));
                Directory.Delete(target, recursive: true);
                Restored++;
            }
        }

        private async Task<string> BackUpAsync(BackupType type)
        {
            // Sometimes by a client that knows the log already, sometimes by a new one.
            await using var another = await bench.OpenAnotherAsync();
            var result = await (random.Next(2) == 0 ? bench : another).BackUpAsync(index.Directory, new BackupOptions { Type = type });
            var content = DirectoryContent.Of(index);
            if (result.Unchanged)
                Assert.Equal(_expected[result.Backup.Id], content);
            _expected[result.Backup.Id] = content;
            return $"{type} backup {result.Backup.Id.ToShortString()}{(result.Unchanged ? " (unchanged)" : "")}";
        }

        private async Task<string> LoseAsync()
        {
            var packs = bench.Memory.NamesOf("packs/");
            if (packs.Count == 0)
                return "nothing to lose";
            string pack = Pick(packs);
            _lost.Add(pack);
            switch (random.Next(3))
            {
                case 0:
                    bench.Memory.Objects.TryRemove(pack, out _);
                    return $"lose {pack}";
                case 1:
                    bench.Memory.Objects[pack] = bench.Memory.Objects[pack][..^1];
                    return $"cut {pack}";
                default:
                    // Rot that only reading finds; the one who read it says so.
                    byte[] content = [.. bench.Memory.Objects[pack]];
                    content[random.Next(content.Length)] ^= 4;
                    bench.Memory.Objects[pack] = content;
                    await bench.AppendAsync(LogKind.Verified, pack);
                    return $"flip a bit of {pack}";
            }
        }

        private async Task<string> RemoveAsync()
        {
            var live = await bench.ListAsync();
            if (live.Count < 4)
                return "nothing to remove";
            var backup = Pick(live);
            await bench.AppendAsync(LogKind.Remove, backup.Id.ToString());
            return $"remove {backup.Id.ToShortString()}";
        }

        private async Task<string> CondemnAsync()
        {
            string[] names = await FindUnreachableAsync(await bench.Log.FoldAsync(Token));
            await bench.AppendAsync(LogKind.Condemn, names);
            return $"condemn {names.Length}";
        }

        /// <summary>Erases what is condemned and unreachable at exactly the prefix that the entry follows, then deletes it.</summary>
        private async Task<string> EraseAsync()
        {
            var state = await bench.Log.FoldAsync(Token);
            string[] names = [.. (await FindUnreachableAsync(state)).Where(state.Condemned.Contains)];
            await bench.AppendAsync(prefix => prefix.NextNumber == state.NextNumber
                ? RepositoryBench.Entry(LogKind.Erase, names)
                : throw new InvalidOperationException("nobody else appends here"));
            foreach (string name in names)
                bench.Memory.Objects.TryRemove(name, out _);
            return $"erase {names.Length}";
        }

        private async Task<string[]> FindUnreachableAsync(LogState state)
        {
            var reached = new HashSet<string>(StringComparer.Ordinal);
            foreach (var add in state.Live)
            {
                reached.Add(add.Manifest);
                reached.UnionWith((await bench.Manager.GetManifestAsync(add.Id, Token)).Packs.Select(pack => PackFormat.NameOf(pack.Id)));
            }

            return [.. bench.Memory.NamesOf("packs/").Concat(bench.Memory.NamesOf("backups/")).Where(name => !reached.Contains(name))];
        }

        private T Pick<T>(IReadOnlyList<T> list) => list[random.Next(list.Count)];
    }
}
