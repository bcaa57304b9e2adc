using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.Crashes;

/// <summary>Archives whose making is killed at every step: each is whole or not there, and the next run removes what was begun.</summary>
public sealed class KilledArchives : IDisposable
{
    private readonly CrashBench _bench = new();

    private string Index => _bench.Place("index");

    private string Archives => _bench.Place("archives", "here");

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_kill_at_any_step_every_archive_is_whole_and_the_next_run_succeeds(bool incremental)
    {
        KillSweep.RequireStrace();
        var index = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 400);
        var before = DirectoryContent.Of(index);
        if (incremental)
        {
            await CrashBench.MustAsync("archive", "create", index.Directory, Archives);
            index.Change();
        }

        string[] create = ["archive", "create", Index, Archives, .. incremental ? (string[])["--incremental"] : []];
        var earlier = incremental ? Directory.GetFiles(Archives).Select(Path.GetFileName).ToHashSet() : [];
        _bench.Keep();

        var kills = await KillSweep.RunAsync("archive create", [.. create, "--quiet"], _bench, EnsureWholeAsync);

        Assert.InRange(kills, 7, 1000);

        async Task EnsureWholeAsync(bool done)
        {
            var made = FindArchives().Count(file => !earlier.Contains(Path.GetFileName(file)));
            Assert.InRange(made, done ? 1 : 0, 1);
            if (FindArchives().Length > 0)
                await CrashBench.MustAsync("archive", "verify", Archives);
            await CrashBench.MustAsync(create);
            Assert.Empty(Directory.GetFiles(Archives, ".*"));
            Assert.Empty(RestoreBench.FindLitter(Index));
            Assert.Equal(made == 0 || incremental ? earlier.Count + 1 : 2, Directory.GetFiles(Archives).Length);
            foreach (var archive in FindArchives())
                Assert.Equal(earlier.Contains(Path.GetFileName(archive)) ? before : DirectoryContent.Of(Index), await _bench.RestoreAsync("archive", "restore", archive));
        }
    }

    private string[] FindArchives() => Directory.Exists(Archives) ? Directory.GetFiles(Archives, "backup_*") : [];
}
