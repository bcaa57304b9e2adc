using Segvault.Storage;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.Crashes;

/// <summary>Backups, and the making of a repository, that are killed at every step.</summary>
public sealed class KilledBackups : IDisposable
{
    private readonly CrashBench _bench = new();
    private string _first = "";

    private string Index => _bench.Place("index");

    private string Repository => _bench.Place("repository");

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task After_a_kill_at_any_step_of_a_backup_the_earlier_one_is_whole_and_the_next_one_succeeds()
    {
        KillSweep.RequireStrace();
        var index = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 400);
        await CrashBench.MustAsync("init", "-r", Repository);
        await CrashBench.MustAsync("backup", index.Directory, "-r", Repository);
        _first = Assert.Single(await CrashBench.ListAsync(Repository));
        var before = DirectoryContent.Of(index);
        index.Change();
        var after = DirectoryContent.Of(index);
        _bench.Keep();

        var kills = await KillSweep.RunAsync(
            "backup", ["backup", Index, "-r", Repository, "--quiet"], _bench, done => EnsureWholeAsync(done, before, after));

        Assert.InRange(kills, 15, 1000);
    }

    [Fact]
    public async Task After_a_kill_at_any_step_of_making_a_repository_it_can_be_made()
    {
        KillSweep.RequireStrace();
        _bench.Keep();

        var kills = await KillSweep.RunAsync("init", ["init", "-r", Repository, "--quiet"], _bench, EnsureMadeAsync, stride: 29);

        Assert.InRange(kills, 10, 1000);
    }

    private async Task EnsureWholeAsync(bool done, DirectoryContent before, DirectoryContent after)
    {
        await CrashBench.MustAsync("verify", "--read-data", "-r", Repository);
        var backups = await CrashBench.ListAsync(Repository);
        Assert.Equal(_first, backups[0]);
        Assert.InRange(backups.Count, done ? 2 : 1, 2);
        Assert.Equal(before, await _bench.RestoreAsync("restore", _first, "-r", Repository));

        var next = (await CrashBench.MustAsync("backup", Index, "-r", Repository)).Summary;
        Assert.Equal(backups.Count == 2, next.GetProperty("unchanged").GetBoolean());
        Assert.Empty(RestoreBench.FindLitter(Index));
        Assert.Equal(after, DirectoryContent.Of(Index));
        Assert.Equal(after, await _bench.RestoreAsync("restore", "latest", "-r", Repository));
        await EnsureCollectableAsync();
        await CrashBench.MustAsync("verify", "--read-data", "-r", Repository);
    }

    /// <summary>What a killed upload leaves is a day old before it is taken to be nobody's.</summary>
    private async Task EnsureCollectableAsync()
    {
        var later = new ImpatientTimeProvider { Ahead = TimeSpan.FromDays(2) };
        await using var repository = await BackupRepository.OpenAsync(new LocalObjectStore(Repository), later, TestContext.Current.CancellationToken);
        await repository.CollectAsync(new CollectionOptions { Grace = TimeSpan.Zero }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(Directory.GetFileSystemEntries(Path.Combine(Repository, "tmp")), left => Assert.StartsWith("reserve-", Path.GetFileName(left), StringComparison.Ordinal));
        var plan = await repository.PlanCollectionAsync(new CollectionOptions { Grace = TimeSpan.Zero }, TestContext.Current.CancellationToken);
        Assert.Equal((0, 0L), (plan.Packs, plan.BytesFreed));
    }

    private async Task EnsureMadeAsync(bool done)
    {
        if (done)
        {
            await CrashBench.MustAsync("verify", "-r", Repository);
            return;
        }

        // A killed one may have come to its end all the same.
        var again = await InProcess.RunAsync("init", "-r", Repository, "--json");
        Assert.True(again.ExitCode == 0 || again.ErrorCode == ErrorCode.RepositoryNotEmpty, again.ToString());
        TantivyFiles.Create(Index, segments: 1, bytesPerFile: 100);
        await CrashBench.MustAsync("backup", Index, "-r", Repository);
        await CrashBench.MustAsync("verify", "--read-data", "-r", Repository);
    }
}
