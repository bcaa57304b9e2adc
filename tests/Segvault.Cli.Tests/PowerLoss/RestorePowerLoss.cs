using System.Text.Json;
using Segvault.Cli.Tests.Crashes;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.PowerLoss;

/// <summary>The power goes during a restore: the target is the old index or the new one, whole, and the new one once the restore said so.</summary>
public sealed class RestorePowerLoss : PowerLossTest
{
    // That the journal goes first matters where the same commit is restored: only there could a journal that comes back undo it.
    private const string Journal = "place/index/.segvault-restore #2";

    // Flushed again before the commit file is moved, where files of the same names are replaced.
    private const string Added = "place/index #2";

    // The list of files that was set aside: an old one is missed only where the rest of the index is sound.
    private const string SetAside = "place/index/.segvault-restore/old";

    // What is staged for every restore, and made anew by one in place.
    private const string List = "place/index/.segvault-restore/new/.managed.json";

    private SortedDictionary<string, string> _old = [];
    private SortedDictionary<string, string> _wanted = [];

    private string Target => World("place", "index");

    [Fact]
    public async Task A_new_target_is_absent_or_whole()
    {
        await PrepareAsync();
        Directory.Delete(World("place"), recursive: true);
        var record = Record();
        await record.RunAsync([.. Restore(Target), "--quiet"]);

        var unneeded = await CutAsync(record, EnsureAbsentOrWholeAsync);

        Assert.Equal([], unneeded);

        async Task EnsureAbsentOrWholeAsync(IReadOnlyList<string> reported)
        {
            var target = Image("place", "index");
            if (Directory.Exists(target) || reported.Count > 0)
            {
                Assert.Equal(_wanted, CrashBench.IndexIn(target));
                await EnsureOpensAsync(target);
            }

            await CrashBench.MustAsync([.. Restore(target), "--replace"]);
            await EnsureRestoredAsync(target);
        }
    }

    [Theory]
    [InlineData("changed", false, false, "place/.index.segvault-restore-*.discarded")]
    [InlineData("changed", false, true, "place", "place/index.previous-*Z")]
    [InlineData("changed", true, false, Added, Journal, List, SetAside)]
    [InlineData("changed", true, true, "place", Added, Journal, List, SetAside)]
    [InlineData("older", true, false, Journal, List)]
    [InlineData(
        "damaged", true, false,
        "place/index", Added, "place/index #3", "place/index #4", "place/index #5",
        "place/index/.segvault-restore", "place/index/.segvault-restore/new", List, SetAside, "place/index/.segvault-restore/old #2")]
    public async Task A_replaced_target_is_the_old_index_or_the_new_one(string old, bool inPlace, bool keepPrevious, params string[] flushedTwice)
    {
        await PrepareAsync(old);
        string[] options = ["--replace", .. inPlace ? (string[])["--in-place"] : [], .. keepPrevious ? (string[])["--keep-previous"] : []];
        var record = Record();
        await record.RunAsync([.. Restore(Target), .. options, "--quiet"]);

        var unneeded = await CutAsync(record, EnsureOldOrNewAsync);

        Assert.Equal(flushedTwice, unneeded);

        async Task EnsureOldOrNewAsync(IReadOnlyList<string> reported)
        {
            var target = Image("place", "index");
            if (keepPrevious && reported.Count > 0)
                Assert.Contains(_old, Directory.GetDirectories(Image("place"), "index.previous-*").Select(CrashBench.IndexIn));
            using (JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(target, ".managed.json"), Token)))
            {
                // The engine reads it before the next run of ours.
            }

            if (inPlace)
                await SettleAsync(target);
            if (old == "older")
                Assert.Empty(await RestoreBench.FindProblemsAsync(target, Token));
            Assert.Contains(CrashBench.IndexIn(target), reported.Count > 0 ? [_wanted] : new[] { _old, _wanted });
            Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(target, "config.toml"), Token));
            if (CrashBench.IndexIn(target).SequenceEqual(_wanted))
                await EnsureOpensAsync(target);
            await CrashBench.MustAsync([.. Restore(target), .. options]);
            await EnsureRestoredAsync(target);
        }
    }

    private string[] Restore(string target) => ["restore", "latest", target, "-r", Aside("repository")];

    private async Task PrepareAsync(string old = "changed")
    {
        var index = TantivyFiles.Create(Target, segments: 2, bytesPerFile: 200);
        await CrashBench.MustAsync("init", "-r", Aside("repository"));
        await CrashBench.MustAsync("backup", Target, "-r", Aside("repository"));
        _wanted = CrashBench.IndexIn(Target);
        if (old is "changed" or "older")
            index.Change();
        if (old is "changed" or "damaged")
        {
            // The same name with other content: it has to be set aside.
            var store = index.PathOf(index.Segments[0].Id + ".store");
            var bytes = await File.ReadAllBytesAsync(store, Token);
            bytes[3] ^= 1;
            await File.WriteAllBytesAsync(store, bytes, Token);
        }

        _old = CrashBench.IndexIn(Target);
        await File.WriteAllTextAsync(index.PathOf("config.toml"), "mine", Token);
        Directory.CreateDirectory(Aside());
    }

    /// <summary>The next run on the index takes back what was interrupted, or ends it.</summary>
    private async Task SettleAsync(string target)
    {
        var repository = Aside("settled");
        if (!Directory.Exists(repository))
            await CrashBench.MustAsync("init", "-r", repository);
        var settled = await InProcess.RunAsync("backup", target, "-r", repository, "--name", "settled", "--allow-damaged", "--json");
        Assert.Contains(settled.ExitCode, new[] { ExitCodes.Done, ExitCodes.Incomplete });
    }

    /// <summary>The restored index has everything that the engine asks for; a file of ours may be left in it.</summary>
    private static async Task EnsureOpensAsync(string target)
    {
        var problems = await RestoreBench.FindProblemsAsync(target, Token);
        Assert.DoesNotContain(problems, problem => !problem.EndsWith(" is litter", StringComparison.Ordinal));
    }

    private async Task EnsureRestoredAsync(string target)
    {
        Assert.Empty(await RestoreBench.FindProblemsAsync(target, Token));
        Assert.Equal(_wanted, CrashBench.IndexIn(target));
    }
}
