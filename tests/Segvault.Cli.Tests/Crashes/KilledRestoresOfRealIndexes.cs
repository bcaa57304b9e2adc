using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.Crashes;

/// <summary>What a killed restore leaves is opened by Tantivy itself: it holds exactly the documents of the old index or of the new one.</summary>
public sealed class KilledRestoresOfRealIndexes : IDisposable
{
    private readonly CrashBench _bench = new();

    private string Target => _bench.Place("index");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_kill_at_any_step_the_engine_opens_the_old_or_the_new_index(bool inPlace)
    {
        KillSweep.RequireStrace();
        await using var host = TantivyHost.Start();
        var index = await host.CreateAsync(Target, cancellationToken: Token);
        await index.AddAsync(1, 40, cancellationToken: Token);
        await index.CommitAsync(Token);
        await CrashBench.MustAsync("init", "-r", _bench.Aside("repository"));
        await CrashBench.MustAsync("backup", Target, "-r", _bench.Aside("repository"));
        await index.ReloadAsync(Token);
        var wanted = await index.ReadStateAsync(Token);
        await index.DeleteAsync([3, 4], Token);
        await index.AddAsync(100, 7, cancellationToken: Token);
        await index.CommitAsync(Token);
        await index.CloseWriterAsync(Token);
        await index.ReloadAsync(Token);
        var old = await index.ReadStateAsync(Token);
        Assert.NotEqual(wanted, old);
        string[] restore = ["restore", "latest", Target, "-r", _bench.Aside("repository"), "--replace", .. inPlace ? (string[])["--in-place"] : []];
        var outcomes = new List<IndexState>();
        _bench.Keep();

        await KillSweep.RunAsync("restore", [.. restore, "--quiet"], _bench, EnsureOpensAsync, stride: 3);

        Assert.Equal([old, wanted], outcomes.Distinct().OrderBy(state => state == wanted));

        async Task EnsureOpensAsync(bool done)
        {
            if (inPlace)
                await SettleAsync();
            var found = await ReadStateAsync();
            Assert.Contains(found, done ? [wanted] : new[] { old, wanted });
            outcomes.Add(found);
            await CrashBench.MustAsync(restore);
            Assert.Equal(wanted, await ReadStateAsync());
        }

        async Task<IndexState> ReadStateAsync() => await (await host.OpenAsync(Target, cancellationToken: Token)).ReadStateAsync(Token);
    }

    /// <summary>Any next run on the index takes back what was interrupted, or ends it.</summary>
    private async Task SettleAsync()
    {
        await using var repository = await BackupRepository.CreateAsync(_bench.Place("settled"), Token);
        await new BackupManager(repository).CreateBackupAsync(IndexSource.Open(Target), cancellationToken: Token);
    }
}
