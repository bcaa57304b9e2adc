using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.Crashes;

/// <summary>Prunes and collections that are killed at every step: what is kept stays whole, and the next run ends what was begun.</summary>
public sealed class KilledRemovals : IDisposable
{
    private readonly CrashBench _bench = new();

    private string Repository => _bench.Place("repository");

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("gc")]
    [InlineData("prune")]
    public async Task After_a_kill_at_any_step_backups_are_whole_and_the_next_run_ends_it(string command)
    {
        KillSweep.RequireStrace();
        var index = TantivyFiles.Create(_bench.Place("index"), segments: 1, bytesPerFile: 500);
        await CrashBench.MustAsync("init", "-r", Repository);
        var states = new List<DirectoryContent>();
        for (var i = 0; i < 3; i++)
        {
            await CrashBench.MustAsync("backup", index.Directory, "-r", Repository);
            states.Add(DirectoryContent.Of(index));
            index.AddSegment(100);
            index.RemoveSegment(index.Segments[0]);
            index.WriteMeta();
        }

        var backups = await CrashBench.ListAsync(Repository);
        var removal = new Removal(command == "gc" ? ["gc", "--grace", "0"] : ["prune", "--keep-last", "1", "--gc", "--grace", "0"], backups, states);
        if (command == "gc")
            await CrashBench.MustAsync("delete", backups[0], backups[1], "-r", Repository);
        _bench.Keep();

        var kills = await KillSweep.RunAsync(
            command, [.. removal.Command, "-r", Repository, "--quiet"], _bench, done => EnsureWholeAsync(removal, done));

        Assert.InRange(kills, 10, 1000);
    }

    private async Task EnsureWholeAsync(Removal removal, bool done)
    {
        await CrashBench.MustAsync("verify", "--read-data", "-r", Repository);
        var left = await CrashBench.ListAsync(Repository);
        if (done || removal.Command[0] == "gc")
            Assert.Equal([removal.Backups[^1]], left);
        else
            Assert.Contains(left.Count, new[] { 1, removal.Backups.Count });
        foreach (var (place, backup) in removal.Backups.Index().Where(backup => left.Contains(backup.Item)))
            Assert.Equal(removal.States[place], await _bench.RestoreAsync("restore", backup, "-r", Repository));

        await CrashBench.MustAsync([.. removal.Command, "-r", Repository]);
        Assert.Equal([removal.Backups[^1]], await CrashBench.ListAsync(Repository));
        await EnsureNothingElseIsStoredAsync(removal.Backups[^1]);
        await CrashBench.MustAsync("verify", "--read-data", "-r", Repository);
        Assert.Equal(removal.States[^1], await _bench.RestoreAsync("restore", "latest", "-r", Repository));
    }

    private async Task EnsureNothingElseIsStoredAsync(string backup)
    {
        await using var repository = await BackupRepository.OpenAsync(Repository, TestContext.Current.CancellationToken);
        var manifest = await new BackupManager(repository).GetManifestAsync(BackupId.Parse(backup), TestContext.Current.CancellationToken);
        Assert.Equal(manifest.Packs.Length, Directory.GetFiles(Path.Combine(Repository, "packs"), "*", SearchOption.AllDirectories).Length);
        Assert.Equal([manifest.Id.ToString()], Directory.GetFiles(Path.Combine(Repository, "backups")).Select(Path.GetFileName));
        Assert.Empty(await repository.ListDeletedBackupsAsync(TestContext.Current.CancellationToken));
    }

    private sealed record Removal(IReadOnlyList<string> Command, IReadOnlyList<string> Backups, IReadOnlyList<DirectoryContent> States);
}
