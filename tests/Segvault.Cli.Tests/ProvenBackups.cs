using System.Text.Json;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>The commands that say whether backups are good, as a script would run them.</summary>
public sealed class ProvenBackups : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Index => _directory.Combine("products");

    private string Repository => _directory.Combine("repository");

    private string Scratch => _directory.Combine("scratch");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_status_is_one_line_and_an_exit_code()
    {
        TantivyFiles.Create(Index);
        await RunAsync("init");
        Assert.False((await RunAsync("status")).MustExit(ExitCodes.Unproven).Summary.GetProperty("healthy").GetBoolean());
        await RunAsync("backup", Index);

        var good = await SegvaultProcess.RunAsync("status", "-r", Repository, "--max-age", "26h");
        Assert.StartsWith("OK - 'products': newest ", Assert.Single(good.MustExit(0).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        var unproven = await SegvaultProcess.RunAsync("status", "-r", Repository, "--proven-within", "8d", "--quiet");
        Assert.Equal("CRITICAL - 'products': no backup was proven by a drill\n", unproven.MustExit(ExitCodes.Unproven).Out);
        await Task.Delay(TimeSpan.FromMilliseconds(1100), TestContext.Current.CancellationToken);
        (await RunAsync("status", "--max-age", "1s")).MustExit(ExitCodes.Unproven);

        var index = (await RunAsync("status")).MustExit(0).Summary.GetProperty("indexes")[0];
        Assert.Equal("products", index.GetProperty("name").GetString());
        Assert.True(index.GetProperty("newestAge").GetDouble() > 1);
        Assert.Equal(JsonValueKind.Null, index.GetProperty("proven").ValueKind);
        (await RunAsync("status", "--name", "other")).MustExit(ExitCodes.Unproven);
    }

    [Fact]
    public async Task A_drill_proves_a_backup_and_leaves_nothing_behind()
    {
        var files = TantivyFiles.Create(Index);
        Directory.CreateDirectory(Scratch);
        await RunAsync("init");
        await RunAsync("backup", Index);
        var backup = (await RunAsync("backup", Index, "--name", "second", "--query", $"count={files.Documents}")).Summary.GetProperty("backup").GetString();

        var drill = (await RunAsync("drill", "--scratch", Scratch, "--engine-command", Answer(files.Documents))).MustExit(0).Summary;
        Assert.Equal("passed", drill.GetProperty("verdict").GetString());
        Assert.True(drill.GetProperty("engineOpened").GetBoolean());
        Assert.Equal(JsonValueKind.Null, drill.GetProperty("backup").ValueKind);
        Assert.Equal(["products", "second"], drill.GetProperty("drills").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
        var stored = Assert.Single(drill.GetProperty("queries").EnumerateArray());
        Assert.Equal(("count", files.Documents, $"={files.Documents}"), (stored.GetProperty("query").GetString(), stored.GetProperty("hits").GetInt64(), stored.GetProperty("expected").GetString()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Scratch));

        Assert.Equal(backup, (await RunAsync("status", "--name", "second", "--proven-within", "1h")).MustExit(0).Summary.GetProperty("indexes")[0].GetProperty("proven").GetString());
        Assert.Equal(backup, (await RunAsync("drill", "latest", "--name", "second", "--scratch", Scratch, "--engine-command", Answer(files.Documents))).MustExit(0).Summary.GetProperty("backup").GetString());
        Assert.Equal([$"count={files.Documents}"], (await RunAsync("show", backup!)).Summary.GetProperty("queries").EnumerateArray().Select(query => query.GetString()));
    }

    [Fact]
    public async Task A_drill_that_fails_ends_with_22_and_makes_the_status_alarm()
    {
        var files = TantivyFiles.Create(Index);
        Directory.CreateDirectory(Scratch);
        await RunAsync("init");
        await RunAsync("backup", Index);

        var wrong = (await RunAsync("drill", "--scratch", Scratch, "--engine-command", Answer(files.Documents - 1))).MustExit(ExitCodes.Unproven).Summary;
        Assert.Equal("failed", wrong.GetProperty("verdict").GetString());
        Assert.Contains($"{files.Documents - 1} documents", wrong.GetProperty("problems")[0].GetString()!, StringComparison.Ordinal);
        (await RunAsync("status")).MustExit(ExitCodes.Unproven);
        (await RunAsync("drill", "--scratch", Scratch, "--query", "count>=1000000", "--engine-command", Answer(files.Documents))).MustExit(ExitCodes.Unproven);

        var pack = Directory.EnumerateFiles(Path.Combine(Repository, "packs"), "*", SearchOption.AllDirectories).MaxBy(path => new FileInfo(path).Length)!;
        await using (var stream = new FileStream(pack, FileMode.Open))
        {
            stream.Position = 200;
            stream.Write([1, 2, 3, 4, 5, 6, 7, 8]);
        }

        var damaged = await Process.CompleteAsync("drill", "-r", Repository, "--scratch", Scratch, "--engine-command", Answer(files.Documents));
        Assert.Contains("FAILED", damaged.MustExit(ExitCodes.Unproven).Out, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Scratch));
    }

    [Fact]
    public async Task A_query_that_only_an_engine_can_answer_needs_one()
    {
        var files = TantivyFiles.Create(Index);
        await RunAsync("init");
        await RunAsync("backup", Index);
        Assert.Equal(ErrorCode.EngineNeeded, (await RunAsync("drill", "--query", "body:word")).MustExit(ExitCodes.Usage).ErrorCode);
        var own = (await RunAsync("drill", "--query", "count")).MustExit(0);
        Assert.False(own.Summary.GetProperty("engineOpened").GetBoolean());
        Assert.Contains("only Segvault's own checks", (await Process.CompleteAsync("drill", "-r", Repository)).MustExit(0).Out, StringComparison.Ordinal);
        Assert.Equal(files.Documents, own.Summary.GetProperty("documents").GetInt64());
        (await RunAsync("drill", "--query", "nonsense")).MustExit(ExitCodes.Usage);
        (await RunAsync("drill", "--scratch", _directory.Combine("absent"))).MustExit(ExitCodes.Failed);
    }

    [Fact]
    public async Task An_index_that_cannot_be_drilled_keeps_no_other_from_being_proven()
    {
        var files = TantivyFiles.Create(Index);
        await RunAsync("init");
        await RunAsync("backup", Index, "--name", "a", "--query", "body:word");
        var proven = (await RunAsync("backup", Index, "--name", "b")).Summary.GetProperty("backup").GetString();
        var drill = (await RunAsync("drill")).MustExit(ExitCodes.Unproven).Summary;
        Assert.Equal("failed", drill.GetProperty("verdict").GetString());
        Assert.Equal(["b: passed", "a: not-done"], drill.GetProperty("drills").EnumerateArray().Select(one => $"{one.GetProperty("name")}: {one.GetProperty("verdict")}"));
        Assert.Equal(files.Documents, drill.GetProperty("documents").GetInt64());
        var status = (await RunAsync("status")).MustExit(0).Summary.GetProperty("indexes");
        Assert.Equal([null, proven], status.EnumerateArray().Select(index => index.GetProperty("proven").GetString()));
        Assert.Contains("could NOT be tried", (await Process.CompleteAsync("drill", "-r", Repository)).MustExit(ExitCodes.Unproven).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_killed_drill_left_goes_with_the_next_one()
    {
        TantivyFiles.Create(Index);
        Directory.CreateDirectory(Scratch);
        await RunAsync("init");
        await RunAsync("backup", Index);
        var alive = _directory.Combine("alive");
        using (var killed = Process.Start("drill", "-r", Repository, "--scratch", Scratch, "--engine-command", $"touch {alive}; sleep 600 #"))
        {
            while (!File.Exists(alive))
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }

            var left = Assert.Single(Directory.EnumerateDirectories(Scratch));
            (await RunAsync("drill", "--scratch", Scratch)).MustExit(0);
            Assert.Equal([left], Directory.EnumerateFileSystemEntries(Scratch));
            await killed.SignalAsync("KILL");
            await killed.WaitAsync();
        }

        Directory.CreateDirectory(Path.Combine(Scratch, "segvault-drill-of-mine"));
        (await RunAsync("drill", "--scratch", Scratch)).MustExit(0);
        Assert.Equal("segvault-drill-of-mine", Assert.Single(Directory.EnumerateFileSystemEntries(Scratch).Select(Path.GetFileName)));
    }

    [Fact]
    public async Task A_drill_that_is_interrupted_ends_its_engine_and_leaves_nothing_behind()
    {
        TantivyFiles.Create(Index);
        Directory.CreateDirectory(Scratch);
        await RunAsync("init");
        await RunAsync("backup", Index);
        var alive = _directory.Combine("alive");
        using var running = Process.Start("drill", "-r", Repository, "--scratch", Scratch, "--engine-command", $"touch {alive}; sleep 600 #");
        while (!File.Exists(alive))
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await running.SignalAsync("INT");
        (await running.WaitAsync()).MustExit(ExitCodes.Interrupted);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Scratch));
    }

    [Fact]
    public async Task A_marked_backup_is_told_of_until_it_is_confirmed()
    {
        var files = TantivyFiles.Create(Index);
        await RunAsync("init");
        var whole = (await RunAsync("backup", Index)).Summary.GetProperty("backup").GetString()!;
        foreach (var segment in files.Segments.Skip(1).ToList())
        {
            files.RemoveSegment(segment);
        }

        files.WriteMeta();
        var shrunk = await RunAsync("backup", Index);
        var id = shrunk.MustExit(0).Summary.GetProperty("backup").GetString()!;
        Assert.Equal("shrank", Assert.Single(shrunk.Summary.GetProperty("flags").EnumerateArray()).GetString());
        Assert.Contains(shrunk.Lines, line => line.GetProperty("type").GetString() == "warning" && line.GetProperty("code").GetString() == ErrorCode.Shrank);
        Assert.Contains($"confirm {id[..8]}", (await RunAsync("status")).MustExit(ExitCodes.Unproven).Summary.GetProperty("problems")[0].GetString()!, StringComparison.Ordinal);
        var restore = await RunAsync("restore", "latest", _directory.Combine("target"), "--dry-run");
        Assert.Contains(restore.MustExit(0).Lines, line => line.GetProperty("type").GetString() == "warning" && line.GetProperty("message").GetString()!.Contains(whole[..8], StringComparison.Ordinal));

        (await RunAsync("confirm", id[..8])).MustExit(0);
        (await RunAsync("status")).MustExit(0);
        Assert.Single((await RunAsync("restore", "latest", _directory.Combine("target"), "--dry-run")).MustExit(0).Lines);
        var listed = (await RunAsync("list")).Summary.GetProperty("backups")[1];
        Assert.True(listed.GetProperty("confirmed").GetBoolean());
        Assert.Equal("shrank", listed.GetProperty("flags")[0].GetString());
        Assert.Contains("shrank (confirmed)", (await SegvaultProcess.RunAsync("list", "-r", Repository)).Out, StringComparison.Ordinal);
        (await RunAsync("confirm", "ffffffff")).MustExit(ExitCodes.NoSuchBackup);
    }

    [Fact]
    public async Task A_verification_reads_what_was_asked_and_remembers_it()
    {
        var files = TantivyFiles.Create(Index);
        await RunAsync("init");
        await RunAsync("backup", Index);
        files.AddSegment(50);
        files.WriteMeta();
        await RunAsync("backup", Index);
        var objects = (await RunAsync("verify", "--level", "objects")).MustExit(0).Summary;
        Assert.Equal(("objects", 0), (objects.GetProperty("level").GetString(), objects.GetProperty("packsRead").GetInt32()));
        var all = (await RunAsync("verify", "--read-data", "--max-age", "30d")).MustExit(0).Summary;
        Assert.Equal(all.GetProperty("packs").GetInt32(), all.GetProperty("packsRead").GetInt32());
        Assert.Equal(0, (await RunAsync("verify", "--level", "data", "--max-age", "30d")).MustExit(0).Summary.GetProperty("packsRead").GetInt32());

        // One, or more when the first are less than the hundredth part; never all.
        var sample = (await RunAsync("verify", "--read-data", "--sample", "1%")).MustExit(0).Summary;
        Assert.InRange(sample.GetProperty("packsRead").GetInt32(), 1, all.GetProperty("packs").GetInt32() - 1);
        var partly = await SegvaultProcess.RunAsync("verify", "-r", Repository, "--read-data", "--sample", "1%");
        Assert.Matches($"^Verified data of [1-3] of {all.GetProperty("packs").GetInt32()} packs", partly.MustExit(0).Out);
    }

    [Fact]
    public async Task What_cannot_be_recorded_is_said()
    {
        TestBench.Require(Environment.IsPrivilegedProcess && TestBench.FindProgram("setpriv") is not null, "only root can make a repository that another user may read and not write");
        TantivyFiles.Create(Index);
        Directory.CreateDirectory(Scratch);
        await RunAsync("init");
        await RunAsync("backup", Index);
        using (var chmod = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"chmod -R a+rX '{Repository}' && chmod 777 '{Scratch}' && chmod a+x '{_directory.Path}'"]))
        {
            await chmod.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var nobody = Process with { Through = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] };
        foreach (var command in (string[][])[["verify", "--read-data"], ["drill", "--scratch", Scratch]])
        {
            var run = (await nobody.CompleteAsync([.. command, "-r", Repository, "--json"])).MustExit(0);
            Assert.Contains(run.Lines, line => line.GetProperty("type").GetString() == "warning" && line.GetProperty("code").GetString() == ErrorCode.NotRecorded);
        }
    }

    [Theory]
    [InlineData("verify --sample 5%")]
    [InlineData("verify --max-age 3d")]
    [InlineData("verify --read-data --sample 0%")]
    [InlineData("verify --read-data --sample 101%")]
    [InlineData("verify --read-data --sample 5")]
    [InlineData("verify --read-data --max-age soon")]
    [InlineData("verify --level deep")]
    [InlineData("verify --read-data --level objects")]
    [InlineData("status --max-age soon")]
    [InlineData("drill --query field:")]
    [InlineData("backup INDEX --query :term")]
    [InlineData("confirm")]
    public async Task What_makes_no_sense_is_wrong_usage(string line) =>
        (await InProcess.RunAsync([.. line.Split(' '), "-r", Repository])).MustExit(ExitCodes.Usage);

    /// <summary>No engine is found unless it is named: whether this machine has one must not matter.</summary>
    private static SegvaultProcess Process => new()
    {
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["NODE_PATH"] = null, ["SEGVAULT_TANTIVY_BINDING"] = "/nonexistent" },
    };

    private static string Answer(long documents) => $"echo '{{ \"documents\": {documents} }}' #";

    private Task<SegvaultRun> RunAsync(params IEnumerable<string> arguments) => Process.CompleteAsync([.. arguments, "-r", Repository, "--json"]);
}
