using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>The order of flushes and renames that a power cut at any moment needs, seen from outside: .NET's own flush hides its errors.</summary>
public sealed class DurableOrder : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Index => _directory.Combine("index");

    private string Repository => _directory.Combine("repository");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_backup_flushes_everything_it_rests_on_before_it_is_recorded()
    {
        await PrepareAsync();
        var calls = await TraceAsync("backup", Index);
        var renames = calls.Index().Where(call => call.Item.NewName?.StartsWith(Repository, StringComparison.Ordinal) == true).ToList();
        var recorded = renames.Single(rename => rename.Item.NewName!.StartsWith(Path.Combine(Repository, "log"), StringComparison.Ordinal));
        Assert.True(renames.Count >= 4, "Two packs, a manifest and a log entry were expected.");
        Assert.Equal(renames[^1], recorded);
        foreach (var (place, rename) in renames)
        {
            Assert.True(calls.Flushes(rename.Path, -1, place), $"{rename.NewName} got its name before its content was flushed.");

            // What a log entry rests on must be durable before the entry is there, the entry itself before the command ends.
            var deadline = place == recorded.Index ? calls.Count : recorded.Index;
            for (var parent = Path.GetDirectoryName(rename.NewName)!; parent.Length >= Repository.Length; parent = Path.GetDirectoryName(parent)!)
                Assert.True(calls.Flushes(parent, place, deadline), $"{parent} was not flushed after {rename.NewName} appeared in it.");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restore_flushes_every_file_before_it_takes_its_place(bool inPlace)
    {
        await PrepareAsync();
        (await SegvaultProcess.RunAsync("backup", Index, "-r", Repository)).MustExit(0);
        var target = _directory.Combine("target");
        if (inPlace)
            Directory.CreateDirectory(target);
        var calls = await TraceAsync(["restore", "latest", target, .. inPlace ? ["--replace", "--in-place"] : Array.Empty<string>()]);
        var (place, last) = calls.Index().Last(call => call.Item.NewName == (inPlace ? Path.Combine(target, "meta.json") : target));
        var staging = inPlace ? Path.GetDirectoryName(last.Path)! : last.Path;
        foreach (var file in Directory.EnumerateFiles(target).Select(Path.GetFileName).Where(name => name is not ".managed.json"))
            Assert.True(calls.Flushes(Path.Combine(staging, file!), -1, place), $"{file} was in its place before its content was flushed.");
        if (inPlace)
        {
            var lastOther = calls.FindLastIndex(place - 1, call => call.NewName is not null && Path.GetDirectoryName(call.NewName) == target);
            Assert.True(calls.Flushes(target, lastOther, place), "The commit file took its place before the names of the others were flushed.");
        }
        else
        {
            Assert.True(calls.Flushes(staging, -1, place), "The directory took its place before the names in it were flushed.");
        }

        Assert.True(calls.Flushes(inPlace ? target : Path.GetDirectoryName(target)!, place, calls.Count), "The last rename was not flushed.");
    }

    [Fact]
    public async Task A_snapshot_that_stays_is_flushed_before_it_takes_its_place()
    {
        await PrepareAsync();
        var snapshot = _directory.Combine("snapshot");
        var calls = await SystemCallTrace.RunAsync(_directory.Combine("trace"), "snapshot", Index, snapshot, "--quiet");
        var (place, moved) = calls.Index().Single(call => call.Item.NewName == snapshot);

        // What is linked the engine has flushed itself.
        foreach (var file in new[] { "meta.json", ".managed.json" }.Concat(Directory.EnumerateFiles(Index, "*.del").Select(Path.GetFileName)))
            Assert.True(calls.Flushes(Path.Combine(moved.Path, file!), -1, place), $"{file} was in its place before its content was flushed.");
        Assert.True(calls.Flushes(moved.Path, -1, place), "The directory took its place before the names in it were flushed.");
        Assert.True(calls.Flushes(Path.GetDirectoryName(snapshot)!, place, calls.Count), "The rename was not flushed.");
    }

    private async Task PrepareAsync()
    {
        TestBench.Require(TestBench.FindProgram("strace") is not null, "strace is not installed: it shows what a process flushes");
        var files = TantivyFiles.Create(Index, segments: 2);
        files.AddDelete(files.Segments[0], 3);
        files.WriteMeta();
        (await SegvaultProcess.RunAsync("init", "-r", Repository)).MustExit(0);
    }

    private Task<List<TracedCall>> TraceAsync(params IReadOnlyList<string> arguments) =>
        SystemCallTrace.RunAsync(_directory.Combine("trace"), [.. arguments, "-r", Repository, "--quiet"]);
}
