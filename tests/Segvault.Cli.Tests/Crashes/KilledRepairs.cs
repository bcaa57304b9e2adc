using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.Crashes;

/// <summary>Repairs that are killed at every step: what was whole stays so, nothing looks whole that is not, and the next run mends the rest.</summary>
public sealed class KilledRepairs : IDisposable
{
    private readonly CrashBench _bench = new();

    private string Index => _bench.Place("index");

    private string Repository => _bench.Place("repository");

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task After_a_kill_at_any_step_the_next_repair_mends_everything()
    {
        KillSweep.RequireStrace();
        var index = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 400);
        await CrashBench.MustAsync("init", "-r", Repository);
        for (var i = 0; i < 3; i++)
            await CrashBench.MustAsync("backup", Index, "--full", "-r", Repository);
        var content = DirectoryContent.Of(index);
        var backups = await CrashBench.ListAsync(Repository);
        _bench.DamagedBecause = "a repair is to mend it";
        await HarmAsync(BackupId.Parse(backups[0]));
        _bench.Keep();

        var kills = await KillSweep.RunAsync(
            "repair", ["verify", "--repair", "--from", Index, "-r", Repository, "--quiet"], _bench, EnsureMendedAsync, ExitCodes.Repaired);

        Assert.InRange(kills, 10, 1000);

        async Task EnsureMendedAsync(bool done)
        {
            Assert.Equal(content, await _bench.RestoreAsync("restore", backups[2], "-r", Repository));
            if (!done)
            {
                var again = await InProcess.RunAsync("verify", "--repair", "--from", Index, "-r", Repository, "--json");
                Assert.Contains(again.ExitCode, new[] { ExitCodes.Done, ExitCodes.Repaired });
            }

            await CrashBench.MustAsync("verify", "--read-data", "-r", Repository);
            var mended = await CrashBench.ListAsync(Repository);
            Assert.Equal(3, mended.Count);
            foreach (var backup in mended)
                Assert.Equal(content, await _bench.RestoreAsync("restore", backup, "-r", Repository));
        }
    }

    /// <summary>A pack of the first backup is lost, and the log entry that recorded the second one.</summary>
    private async Task HarmAsync(BackupId first)
    {
        await using var repository = await BackupRepository.OpenAsync(Repository, TestContext.Current.CancellationToken);
        var manifest = await new BackupManager(repository).GetManifestAsync(first, TestContext.Current.CancellationToken);
        var lost = manifest.Packs[0].Id.ToString();
        File.Delete(Path.Combine(Repository, "packs", lost[..2], lost));
        File.Delete(Directory.GetFiles(Path.Combine(Repository, "log"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ElementAt(1));
    }
}
