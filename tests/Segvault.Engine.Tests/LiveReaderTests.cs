using System.Text.Json.Nodes;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>An application that only searches goes on while its index is replaced under it.</summary>
public sealed class LiveReaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reader_sees_the_old_state_until_it_reloads(bool inPlace)
    {
        await using var bench = await BackupBench.CreateAsync();
        var (old, restored, backup) = await MakeTwoStatesAsync(bench);
        await using var application = TantivyHost.Start();
        var reader = await application.OpenAsync(bench.Index, cancellationToken: Token);
        Assert.Equal(old, await reader.ReadStateAsync(Token));

        var result = await bench.ReplaceAsync(backup, inPlace);
        Assert.Equal(inPlace ? RestoreMethod.InPlace : RestoreMethod.Exchange, result.Method);
        Assert.Contains(result.Warnings, warning => warning.Code == ErrorCode.ReopenWriter);
        Assert.Equal(old, await reader.ReadStateAsync(Token));
        Assert.Equal(old.Count, (await reader.QueryAsync("\"segvault sample document\"", limit: 1, Token)).Total);

        await reader.ReloadAsync(Token);
        Assert.Equal(restored, await reader.ReadStateAsync(Token));
        Assert.Equal(restored.Count, (await reader.QueryAsync("\"segvault sample document\"", limit: 1, Token)).Total);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reader_that_reloads_all_the_time_sees_whole_states_only(bool inPlace)
    {
        await using var bench = await BackupBench.CreateAsync();
        var (second, first, firstBackup) = await MakeTwoStatesAsync(bench);
        var secondBackup = (await bench.BackUpAsync()).Backup;
        await using var application = TantivyHost.Start();
        var reader = await application.OpenAsync(bench.Index, cancellationToken: Token);
        using var stop = new CancellationTokenSource();
        var seen = Task.Run(
            async () =>
            {
                var states = new List<IndexState>();
                while (!stop.IsCancellationRequested)
                {
                    await reader.ReloadAsync(Token);
                    states.Add(await reader.ReadStateAsync(Token));
                }

                return states;
            },
            Token);
        for (var round = 0; round < 6 && !seen.IsCompleted; round++)
            await bench.ReplaceAsync(round % 2 == 0 ? firstBackup : secondBackup, inPlace);
        await stop.CancelAsync();

        // A reader that failed even once would have ended the task.
        Assert.All(await seen, state => Assert.Contains(state, new[] { first, second }));
        Assert.Equal(second, await bench.ReadStateAsync());
    }

    /// <summary>What opens an index reads meta.json and then its files: nothing may change under it in between.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_somebody_opens_the_index_it_is_not_replaced(bool inPlace)
    {
        await using var bench = await BackupBench.CreateAsync();
        var (now, inBackup, backup) = await MakeTwoStatesAsync(bench);
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(Path.Combine(bench.Index, ".tantivy-meta.lock"), out var opening));
        Task<RestoreResult> restoring;
        using (opening)
        {
            var meta = await File.ReadAllBytesAsync(Path.Combine(bench.Index, "meta.json"), Token);
            restoring = bench.ReplaceAsync(backup, inPlace);

            // Nothing tells that it waits; without the lock it would be done by then.
            await Task.WhenAny(restoring, Task.Delay(TimeSpan.FromMilliseconds(500), Token));
            Assert.False(restoring.IsCompleted);
            Assert.Equal(meta, await File.ReadAllBytesAsync(Path.Combine(bench.Index, "meta.json"), Token));
            Assert.All(JsonNode.Parse(meta)!["segments"]!.AsArray(), segment =>
                Assert.True(File.Exists(Path.Combine(bench.Index, ((string)segment!["segment_id"]!).Replace("-", "", StringComparison.Ordinal) + ".store"))));
        }

        await restoring;
        Assert.NotEqual(now, inBackup);
        Assert.Equal(inBackup, await bench.ReadStateAsync());
    }

    /// <summary>An index that has moved on since its backup, merged and with other deletions; its writer is closed.</summary>
    private static async Task<(IndexState Now, IndexState InBackup, BackupSummary Backup)> MakeTwoStatesAsync(BackupBench bench)
    {
        var index = await bench.CreateIndexAsync(documents: 300);
        await BackupBench.CommitAsync(index, 1000, 50, [3, 4]);
        await index.CloseWriterAsync(Token);
        var inBackup = await bench.ReadStateAsync();
        var backup = (await bench.BackUpAsync()).Backup;
        await BackupBench.CommitAsync(index, 2000, 70, [5, 1001]);
        await BackupBench.CommitAsync(index, 3000, 10, [6]);
        await index.CloseWriterAsync(Token);
        return (await bench.ReadStateAsync(), inBackup, backup);
    }
}
