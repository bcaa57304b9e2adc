using System.Text.Json;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>The commands as a script would run them: real processes, a real repository.</summary>
public sealed class WholeStory : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Index => _directory.Combine("products");

    private string Target => _directory.Combine("restored");

    private string Repository => _directory.Combine("repository");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_index_is_backed_up_lost_and_restored()
    {
        var files = TantivyFiles.Create(Index);
        Assert.True((await RunAsync("init")).MustExit(0).Summary.GetProperty("created").GetBoolean());
        Assert.False((await RunAsync("init")).MustExit(0).Summary.GetProperty("created").GetBoolean());

        var first = (await RunAsync("backup", Index, "--note", "one", "--label", "a=b")).MustExit(0).Summary;
        Assert.Equal("full", first.GetProperty("backupType").GetString());
        Assert.Equal("products", first.GetProperty("name").GetString());
        Assert.Equal(files.Documents, first.GetProperty("documents").GetInt64());
        Assert.True((await RunAsync("backup", Index)).MustExit(0).Summary.GetProperty("unchanged").GetBoolean());

        files.AddSegment(50);
        files.WriteMeta();
        var second = (await RunAsync("backup", Index)).MustExit(0).Summary;
        Assert.Equal("incremental", second.GetProperty("backupType").GetString());
        Assert.Equal(first.GetProperty("backup").GetString(), second.GetProperty("base").GetString());

        var listed = (await RunAsync("list")).MustExit(0).Summary.GetProperty("backups").EnumerateArray().ToArray();
        Assert.Equal([first.GetProperty("backup").GetString(), second.GetProperty("backup").GetString()], listed.Select(backup => backup.GetProperty("id").GetString()));
        Assert.Equal("one", listed[0].GetProperty("note").GetString());
        Assert.Equal("b", listed[0].GetProperty("labels").GetProperty("a").GetString());

        var shown = (await RunAsync("show", "latest")).MustExit(0).Summary;
        Assert.Equal(files.LiveFiles, shown.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString()!));
        Assert.Equal("data", (await RunAsync("verify", "--read-data")).MustExit(0).Summary.GetProperty("level").GetString());

        Directory.Delete(Index, recursive: true);
        var restored = (await RunAsync("restore", "latest", Index)).MustExit(0).Summary;
        Assert.Equal(files.Documents, restored.GetProperty("documents").GetInt64());
        Assert.Equal(files.Documents, (await RunAsync("inspect", Index)).MustExit(0).Summary.GetProperty("documents").GetInt64());

        (await RunAsync("restore", first.GetProperty("backup").GetString()![..8], Index)).MustExit(ExitCodes.Refused);
        var replaced = (await RunAsync("restore", first.GetProperty("backup").GetString()![..8], Index, "--replace", "--keep-previous")).MustExit(0);
        Assert.StartsWith(Index + ".previous-", replaced.Summary.GetProperty("previous").GetString(), StringComparison.Ordinal);
        Assert.Contains(replaced.Lines, line => line.GetProperty("type").GetString() == "warning" && line.GetProperty("code").GetString() == ErrorCode.ReopenWriter);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_happen_ends_the_same_and_does_nothing()
    {
        TantivyFiles.Create(Index);
        await RunAsync("init");
        var hook = _directory.Combine("hook");

        var plan = (await RunAsync("backup", Index, "--dry-run", "--before", $"touch {hook}")).MustExit(0).Summary;
        Assert.True(plan.GetProperty("dryRun").GetBoolean());
        Assert.Equal(plan.GetProperty("bytes").GetInt64(), plan.GetProperty("bytesNew").GetInt64());
        Assert.False(File.Exists(hook));
        Assert.Empty((await RunAsync("list")).Summary.GetProperty("backups").EnumerateArray());

        (await RunAsync("backup", Index)).MustExit(0);
        var restore = (await RunAsync("restore", "latest", Target, "--dry-run")).MustExit(0).Summary;
        Assert.True(restore.GetProperty("dryRun").GetBoolean());
        Assert.False(Directory.Exists(Target));
        (await RunAsync("restore", "latest", Index, "--dry-run")).MustExit(ExitCodes.Refused);
    }

    [Fact]
    public async Task Each_failure_has_its_exit_code()
    {
        var empty = _directory.CreateDirectory("empty");
        (await RunAsync("list")).MustExit(ExitCodes.NoRepository);
        await RunAsync("init");
        (await RunAsync("backup", empty)).MustExit(ExitCodes.NotAnIndex);
        (await RunAsync("inspect", empty)).MustExit(ExitCodes.NotAnIndex);
        (await RunAsync("show", "latest")).MustExit(ExitCodes.NoSuchBackup);
        (await RunAsync("restore", "abcdef", Target)).MustExit(ExitCodes.NoSuchBackup);

        TantivyFiles.Create(Index);
        await RunAsync("backup", Index);
        await RunAsync("backup", Index, "--name", "other");
        var ambiguous = (await RunAsync("restore", "latest", Target)).MustExit(ExitCodes.Usage);
        Assert.Equal(ErrorCode.NameNeeded, ambiguous.ErrorCode);
        Assert.Contains("other", ambiguous.Last.GetProperty("message").GetString()!, StringComparison.Ordinal);
        Assert.Contains("id", (await RunAsync("show", "latest")).MustExit(ExitCodes.Usage).Last.GetProperty("hint").GetString()!, StringComparison.Ordinal);
        (await RunAsync("restore", "latest", Target, "--name", "other", "--owner", "nobody-of-this-name")).MustExit(ExitCodes.Usage);
        (await RunAsync("backup", Index, "--before", "exit 9")).MustExit(ExitCodes.Failed);
    }

    [Fact]
    public async Task Damage_is_found_and_named()
    {
        var files = TantivyFiles.Create(Index);
        await RunAsync("init");
        var victim = files.LiveFiles.First(file => file.EndsWith(".idx", StringComparison.Ordinal));
        var bytes = await File.ReadAllBytesAsync(files.PathOf(victim), TestContext.Current.CancellationToken);
        bytes[7] ^= 1;
        await File.WriteAllBytesAsync(files.PathOf(victim), bytes, TestContext.Current.CancellationToken);

        var problems = (await RunAsync("inspect", Index)).MustExit(ExitCodes.Damaged).Summary.GetProperty("problems");
        Assert.Equal(victim, Assert.Single(problems.EnumerateArray()).GetProperty("file").GetString());
        Assert.Equal(ErrorCode.SourceDamaged, (await RunAsync("backup", Index)).MustExit(ExitCodes.Refused).ErrorCode);
        var allowed = (await RunAsync("backup", Index, "--allow-damaged")).MustExit(ExitCodes.Incomplete).Summary;
        Assert.Equal(victim, Assert.Single(allowed.GetProperty("damagedFiles").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task The_demo_tells_the_story_and_leaves_no_trace()
    {
        TantivyFiles.Create(Index);
        var before = Directory.GetFileSystemEntries(Index);
        var temporary = _directory.CreateDirectory("temporary");

        var demo = await new SegvaultProcess { Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["TMPDIR"] = temporary } }
            .CompleteAsync("demo", Index, "--json");

        var summary = demo.MustExit(0).Summary;
        Assert.Equal(summary.GetProperty("files").GetInt32(), summary.GetProperty("filesEqual").GetInt32());
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("kept").ValueKind);
        Assert.Equal(before.Order(StringComparer.Ordinal), Directory.GetFileSystemEntries(Index).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(temporary));
    }

    [Fact]
    public async Task Quiet_says_nothing_when_all_is_well()
    {
        TantivyFiles.Create(Index);

        foreach (var line in (string[][])[["init"], ["backup", Index], ["backup", Index], ["verify"], ["restore", "latest", Target], ["restore", "latest", Target, "--replace"]])
        {
            var run = (await SegvaultProcess.RunAsync([.. line, "-r", Repository, "--quiet"])).MustExit(0);
            Assert.Equal("", run.Out + run.Error);
        }
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task An_interrupted_backup_ends_with_130_and_leaves_no_backup(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals on Windows.");
        TantivyFiles.Create(Index);
        await RunAsync("init");
        var started = _directory.Combine("started");

        using var backup = new SegvaultProcess().Start("backup", Index, "-r", Repository, "--json", "--pinned", $"touch '{started}'; sleep 600");
        while (!File.Exists(started) && !backup.HasExited)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await backup.SignalAsync(signal);
        Assert.Equal(CliErrorCode.Interrupted, (await backup.WaitAsync()).MustExit(ExitCodes.Interrupted).ErrorCode);
        Assert.Empty((await RunAsync("list")).Summary.GetProperty("backups").EnumerateArray());
        (await RunAsync("backup", Index)).MustExit(0);
    }

    private Task<SegvaultRun> RunAsync(params IReadOnlyList<string> arguments) => SegvaultProcess.RunAsync([.. arguments, "-r", Repository, "--json"]);
}
