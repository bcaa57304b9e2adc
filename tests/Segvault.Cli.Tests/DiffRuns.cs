using System.Text.Json;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

public sealed class DiffRuns : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Index => _directory.Combine("products");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Two_backups_are_compared_by_id_prefix_and_latest()
    {
        var (files, first, second) = await BackUpTwiceAsync();

        var diff = (await RunAsync("diff", first[..8], "latest", "--json")).MustExit(0).Summary;

        Assert.Equal((first, second, false), (diff.GetProperty("first").GetString(), diff.GetProperty("second").GetString(), diff.GetProperty("equal").GetBoolean()));
        Assert.Equal([300, 348], diff.GetProperty("documents").EnumerateArray().Select(count => count.GetInt64()));
        Assert.Equal([0, 2], diff.GetProperty("deletedDocuments").EnumerateArray().Select(count => count.GetInt64()));
        Assert.Equal((7, 0, 1), (Count(diff, "added"), Count(diff, "removed"), Count(diff, "changed")));
        var changed = diff.GetProperty("changed")[0];
        Assert.Equal("meta.json", changed.GetProperty("path").GetString());
        Assert.Equal(new FileInfo(files.PathOf("meta.json")).Length, changed.GetProperty("bytes")[1].GetInt64());
        Assert.Equal(18, diff.GetProperty("equalFiles").GetInt32());
        Assert.Equal((1, 0, 1), (Count(diff, "segmentsAdded"), Count(diff, "segmentsRemoved"), Count(diff, "segmentsChanged")));
    }

    [Fact]
    public async Task People_see_both_sides_and_every_file_that_differs()
    {
        var (files, first, second) = await BackUpTwiceAsync();

        var told = (await RunAsync("diff", first, second, "--quiet")).MustExit(0);

        Assert.Equal("", told.Error);
        Assert.Matches("documents +300 +348", told.Out);
        Assert.Matches($"added +[0-9.]+ .?i?B +{files.Segments[^1].Id}\\.store", told.Out);
        Assert.Contains("0 -> 2", told.Out, StringComparison.Ordinal);
        Assert.Contains("equal: 18 files", told.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("engine", told.Out, StringComparison.Ordinal);

        Assert.Contains("Nothing differs: 26 files", (await RunAsync("diff", second, "latest")).MustExit(0).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Latest_needs_a_name_where_there_are_several()
    {
        var (_, first, second) = await BackUpTwiceAsync();
        await RunAsync("backup", Index, "--name", "other");

        (await RunAsync("diff", first, "latest")).MustExit(ExitCodes.Usage);
        Assert.Equal(second, (await RunAsync("diff", first, "latest", "--name", "products", "--json")).MustExit(0).Summary.GetProperty("second").GetString());
        (await RunAsync("diff", first, "abcdef0123")).MustExit(ExitCodes.NoSuchBackup);
    }

    private static int Count(JsonElement summary, string name) => summary.GetProperty(name).GetArrayLength();

    private async Task<(TantivyFiles Files, string First, string Second)> BackUpTwiceAsync()
    {
        var files = TantivyFiles.Create(Index);
        (await RunAsync("init")).MustExit(0);
        var first = (await RunAsync("backup", Index, "--json")).MustExit(0).Summary.GetProperty("backup").GetString()!;
        files.AddSegment(50);
        files.AddDelete(files.Segments[0], 2);
        files.WriteMeta();
        return (files, first, (await RunAsync("backup", Index, "--json")).MustExit(0).Summary.GetProperty("backup").GetString()!);
    }

    private Task<SegvaultRun> RunAsync(params IReadOnlyList<string> arguments) => InProcess.RunAsync([.. arguments, "-r", _directory.Combine("repository")]);
}
