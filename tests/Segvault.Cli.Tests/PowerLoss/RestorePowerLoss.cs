using Segvault.Cli.Tests.Crashes;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.PowerLoss;

/// <summary>The power goes during a restore: the target is the old index or the new one, whole, and the new one once the restore said so.</summary>
public sealed class RestorePowerLoss : PowerLossTest
{
    private DirectoryContent _old = new("");
    private DirectoryContent _wanted = new("");

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
                Assert.Equal(_wanted, DirectoryContent.Of(target));
            await CrashBench.MustAsync([.. Restore(target), "--replace"]);
            await EnsureRestoredAsync(target);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_replaced_target_is_the_old_index_or_the_new_one(bool inPlace)
    {
        await PrepareAsync();
        string[] options = ["--replace", .. inPlace ? (string[])["--in-place"] : []];
        var record = Record();
        await record.RunAsync([.. Restore(Target), .. options, "--quiet"]);

        var unneeded = await CutAsync(record, EnsureOldOrNewAsync);

        Assert.Equal([], unneeded);

        async Task EnsureOldOrNewAsync(IReadOnlyList<string> reported)
        {
            var target = Image("place", "index");
            if (inPlace)
                await SettleAsync(target);
            Assert.Contains(DirectoryContent.Of(target), reported.Count > 0 ? [_wanted] : new[] { _old, _wanted });
            await CrashBench.MustAsync([.. Restore(target), .. options]);
            await EnsureRestoredAsync(target);
        }
    }

    private string[] Restore(string target) => ["restore", "latest", target, "-r", Aside("repository")];

    private async Task PrepareAsync()
    {
        var index = TantivyFiles.Create(Target, segments: 2, bytesPerFile: 200);
        await CrashBench.MustAsync("init", "-r", Aside("repository"));
        await CrashBench.MustAsync("backup", Target, "-r", Aside("repository"));
        _wanted = DirectoryContent.Of(index);
        index.Change();

        // The same name with other content: it has to be set aside.
        var store = index.PathOf(index.Segments[0].Id + ".store");
        var bytes = await File.ReadAllBytesAsync(store, Token);
        bytes[3] ^= 1;
        await File.WriteAllBytesAsync(store, bytes, Token);
        _old = DirectoryContent.Of(index);
        await File.WriteAllTextAsync(index.PathOf("config.toml"), "mine", Token);
        Directory.CreateDirectory(Aside());
    }

    /// <summary>The next run on the index takes back what was interrupted, or ends it.</summary>
    private async Task SettleAsync(string target)
    {
        var repository = Aside("settled");
        if (!Directory.Exists(repository))
            await CrashBench.MustAsync("init", "-r", repository);
        await CrashBench.MustAsync("backup", target, "-r", repository, "--name", "settled", "--allow-damaged");
    }

    private async Task EnsureRestoredAsync(string target)
    {
        Assert.Empty(await RestoreBench.FindProblemsAsync(target, Token));
        Assert.Equal(_wanted, DirectoryContent.Of(target));
    }
}
