using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.Crashes;

/// <summary>
/// Restores, of backups and of archives, that are killed at every step. The next run must find the old index or the new one, whole, and leave
/// nothing behind.
/// </summary>
public sealed class KilledRestores : IDisposable
{
    private readonly CrashBench _bench = new();
    private SortedDictionary<string, string> _old = [];
    private SortedDictionary<string, string> _wanted = [];

    private string Target => _bench.Place("place", "index");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    public async Task After_a_kill_at_any_step_the_next_run_finds_the_old_or_the_new_index_whole(bool archive, bool inPlace, bool keepPrevious)
    {
        KillSweep.RequireStrace();
        var restore = await PrepareAsync(archive, inPlace, keepPrevious);
        var outcomes = new List<bool>();
        _bench.Keep();

        var kills = await KillSweep.RunAsync(
            archive ? "archive restore" : "restore",
            [.. restore.Command, "--quiet"],
            _bench,
            done => EnsureOldOrNewAsync(restore, done, outcomes));

        Assert.InRange(kills, 20, 1000);
        Assert.Contains(true, outcomes);
        Assert.Contains(false, outcomes);
    }

    [Fact]
    public async Task After_a_kill_at_any_step_a_new_target_is_absent_or_whole()
    {
        KillSweep.RequireStrace();
        var restore = await PrepareAsync(archive: false, inPlace: false, keepPrevious: false);
        Directory.Delete(_bench.Place("place"), recursive: true);
        _bench.Keep();

        var kills = await KillSweep.RunAsync("restore", [.. restore.Command, "--quiet"], _bench, EnsureAbsentOrWholeAsync);

        Assert.InRange(kills, 20, 1000);

        async Task EnsureAbsentOrWholeAsync(bool done)
        {
            Assert.True(Directory.Exists(Target) || !done);
            if (Directory.Exists(Target))
                Assert.Equal(_wanted, CrashBench.IndexIn(Target));
            await CrashBench.MustAsync(restore.Command);
            Assert.Equal(_wanted, CrashBench.IndexIn(Target));
            Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
            Assert.Equal([Target], Directory.GetFileSystemEntries(_bench.Place("place")).Where(path => !path.Contains(".previous-", StringComparison.Ordinal)));
        }
    }

    private async Task<KilledRestore> PrepareAsync(bool archive, bool inPlace, bool keepPrevious)
    {
        var index = TantivyFiles.Create(_bench.Place("place", "index"), segments: 1, bytesPerFile: 200);
        string[] source;
        if (archive)
        {
            var made = (await CrashBench.MustAsync("archive", "create", index.Directory, _bench.Aside("archives"))).Summary;
            source = ["archive", "restore", made.GetProperty("archive").GetString()!, Target];
        }
        else
        {
            await CrashBench.MustAsync("init", "-r", _bench.Aside("repository"));
            await CrashBench.MustAsync("backup", index.Directory, "-r", _bench.Aside("repository"));
            source = ["restore", "latest", Target, "-r", _bench.Aside("repository")];
        }

        _wanted = CrashBench.IndexIn(index.Directory);
        index.AddDelete(index.Segments[0], 3);
        index.AddSegment(10);
        index.WriteMeta();

        // The same name with other content: it has to be set aside.
        var store = index.PathOf(index.Segments[0].Id + ".store");
        var bytes = await File.ReadAllBytesAsync(store, Token);
        bytes[3] ^= 1;
        await File.WriteAllBytesAsync(store, bytes, Token);
        _old = CrashBench.IndexIn(index.Directory);
        await File.WriteAllTextAsync(index.PathOf("config.toml"), "mine", Token);
        string[] options = ["--replace", .. inPlace ? (string[])["--in-place"] : [], .. keepPrevious ? (string[])["--keep-previous"] : []];
        return new KilledRestore([.. source, .. options], inPlace, keepPrevious);
    }

    private async Task EnsureOldOrNewAsync(KilledRestore restore, bool done, List<bool> outcomes)
    {
        var replaced = CrashBench.IndexIn(Target)["meta.json"] == _wanted["meta.json"];
        Assert.True(replaced || !done);
        if (!done)
            outcomes.Add(replaced);
        if (restore.InPlace)
        {
            // A backup settles it too, and changes nothing else.
            await using var repository = await BackupRepository.CreateAsync(_bench.Place("settled"), Token);
            var options = new BackupOptions { Name = "settled", AllowDamaged = true };
            await new BackupManager(repository).CreateBackupAsync(IndexSource.Open(Target), options, cancellationToken: Token);
            Assert.Empty(RestoreBench.FindLitter(Target));
        }

        Assert.Equal(replaced ? _wanted : _old, CrashBench.IndexIn(Target));
        var again = await CrashBench.MustAsync(restore.Command);
        Assert.Equal(_wanted, CrashBench.IndexIn(Target));
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(Target, "config.toml"), Token));
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
        var others = Directory.EnumerateFileSystemEntries(_bench.Place("place")).Where(path => path != Target).ToList();
        Assert.All(others, path => Assert.StartsWith(Target + ".previous-", path, StringComparison.Ordinal));
        if (replaced && restore.KeepPrevious)
            Assert.Contains(_old, others.Select(CrashBench.IndexIn));
        var warnings = again.Lines.Where(line => line.GetProperty("type").GetString() == "warning").Select(line => line.GetProperty("code").GetString());
        Assert.Empty(warnings.Except([ErrorCode.LeftoverFound, ErrorCode.ReopenWriter]));
    }

    private sealed record KilledRestore(IReadOnlyList<string> Command, bool InPlace, bool KeepPrevious);
}
