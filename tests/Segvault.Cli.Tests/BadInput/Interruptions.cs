using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Ctrl-C, SIGTERM and kill -9 at many moments. The moments are seeded; which work they meet depends on the machine, and must not matter.</summary>
public sealed class Interruptions : BadInputTest
{
    private const int Moments = 5;

    public Interruptions() => SkipOnWindows();

    [Theory]
    [InlineData("INT", 1)]
    [InlineData("TERM", 2)]
    [InlineData("KILL", 3)]
    public async Task A_backup_ends_whole_or_leaves_nothing_that_harms(string signal, int seed)
    {
        var files = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 250_000);
        await MustAsync("init");
        var length = await MeasureAsync("backup", Index, "--full");
        var random = new Random(seed);
        for (var moment = 0; moment < Moments; moment++)
        {
            var before = Tree();
            var backups = await CountBackupsAsync();
            var run = await InterruptAsync(signal, length * random.NextDouble() * 1.1, "backup", Index, "--full", "-r", Repository, "--json");
            if (IsDone(run))
            {
                Assert.Equal(backups + 1, await CountBackupsAsync());
            }
            else if (signal != "KILL")
            {
                AssertInterrupted(run);

                // What it had stored is there for the next one.
                AssertSame(WithoutStored(before), WithoutStored(Tree()), run);
            }
        }

        await MustAsync("backup", Index, "--full");
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Index), name => Path.GetFileName(name).StartsWith(".segvault", StringComparison.Ordinal));
        await MustAsync("verify", "--read-data");
        Assert.Equal(files.Documents, (await MustAsync("restore", "latest", Target)).GetProperty("documents").GetInt64());
    }

    [Theory]
    [InlineData("INT", false, 4)]
    [InlineData("TERM", true, 5)]
    [InlineData("KILL", false, 6)]
    [InlineData("KILL", true, 7)]
    public async Task A_restore_leaves_the_target_old_new_or_absent(string signal, bool replace, int seed)
    {
        var files = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 250_000);
        await MustAsync("init");
        await MustAsync("backup", Index);
        string[] arguments = ["restore", "latest", Target, "-r", Repository, "--json", .. replace ? (string[])["--replace"] : []];
        var length = await MeasureAsync("restore", "latest", PathOf("measured"));
        Directory.Delete(PathOf("measured"), recursive: true);
        var random = new Random(seed);
        for (var moment = 0; moment < Moments; moment++)
        {
            Reset(replace);
            var before = Tree();
            var run = await InterruptAsync(signal, length * random.NextDouble() * 1.1, arguments);
            if (signal != "KILL" && !IsDone(run))
            {
                AssertInterrupted(run);
                AssertSame(before, Tree(), run);
            }
            else if (Directory.Exists(Target))
            {
                var documents = (await MustAsync("inspect", Target)).GetProperty("documents").GetInt64();
                Assert.Contains(documents, replace ? [files.Documents, 5] : (long[])[files.Documents]);
            }

            // A kill may leave something beside the target: the next restore takes it away.
            if (signal == "KILL")
            {
                await MustAsync("restore", "latest", Target, "--replace");
                Assert.DoesNotContain(Tree(), entry => entry.Contains(".segvault", StringComparison.Ordinal));
            }
        }

        await MustAsync("verify", "--read-data");
    }

    [Theory]
    [InlineData("INT", 8)]
    [InlineData("TERM", 9)]
    [InlineData("KILL", 10)]
    public async Task An_archive_is_whole_or_leaves_nothing_that_the_next_run_does_not_remove(string signal, int seed)
    {
        var files = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 250_000);
        var archives = PathOf("archives");
        var length = await MeasureAsync("archive", "create", Index, archives);
        var random = new Random(seed);
        for (var moment = 0; moment < Moments; moment++)
        {
            var before = Tree();
            var run = await InterruptAsync(signal, length * random.NextDouble() * 1.1, "archive", "create", Index, archives, "--json");
            if (signal != "KILL" && !IsDone(run))
            {
                AssertInterrupted(run);
                AssertSame(before, Tree(), run);
            }
        }

        await MustAsync("archive", "create", Index, archives);
        Assert.DoesNotContain(Tree(), entry => entry.Contains(".segvault", StringComparison.Ordinal));
        await MustAsync("archive", "verify", archives);
        foreach (var archive in Directory.GetFiles(archives))
        {
            Assert.Equal(files.Documents, (await MustAsync("archive", "restore", archive, Target)).GetProperty("documents").GetInt64());
            Directory.Delete(Target, recursive: true);
        }
    }

    [Fact]
    public async Task What_a_killed_run_left_beside_the_archives_is_removed_by_the_next()
    {
        TantivyFiles.Create(Index, segments: 1);
        var left = Path.Combine(Directory.CreateDirectory(PathOf("archives")).FullName, ".segvault-archive-0123456789abcdef0123456789abcdef.part");
        await File.WriteAllTextAsync(left, "half", Cancellation);
        await MustAsync("archive", "list", PathOf("archives"));
        Assert.True(File.Exists(left));

        await MustAsync("archive", "create", Index, PathOf("archives"));
        Assert.Single(Directory.GetFiles(PathOf("archives")));
    }

    [Theory]
    [InlineData("--before")]
    [InlineData("--pinned")]
    public async Task A_kill_in_a_hook_leaves_what_the_next_backup_removes(string hook)
    {
        TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        var started = PathOf("started");
        using var backup = new SegvaultProcess().Start("backup", Index, "-r", Repository, "--json", hook, $"touch '{started}'; exec sleep 20 >&- 2>&-");
        while (!File.Exists(started) && !backup.HasExited)
        {
            await Task.Delay(10, Cancellation);
        }

        await backup.SignalAsync("KILL");
        await backup.WaitAsync();
        await MustAsync("backup", Index);
        Assert.DoesNotContain(Tree(Index), entry => entry.Contains(".segvault", StringComparison.Ordinal));
        await MustAsync("verify", "--read-data");
    }

    /// <summary>True also when the signal came so late that all was done and said, and it was the system that ended the process.</summary>
    private static bool IsDone(SegvaultRun run) => run.ExitCode == 0 || run.Out.Contains("\"type\":\"summary\"", StringComparison.Ordinal);

    private static void AssertInterrupted(SegvaultRun run)
    {
        if (run.Out.Length == 0)
        {
            // So early that the system ended it.
            Assert.Contains(run.ExitCode, (int[])[128 + 2, 128 + 15]);
            return;
        }

        Assert.Equal((ExitCodes.Interrupted, CliErrorCode.Interrupted), (run.ExitCode, run.ErrorCode));
    }

    private void Reset(bool replace)
    {
        foreach (var directory in Directory.GetDirectories(Root, "restored*"))
        {
            Directory.Delete(directory, recursive: true);
        }

        if (replace)
        {
            TantivyFiles.Create(Target, segments: 1, documentsPerSegment: 5, seed: 9);
        }
    }

    private async Task<double> MeasureAsync(params IReadOnlyList<string> arguments)
    {
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        await MustAsync(arguments);
        return clock.GetElapsedTime(started).TotalMilliseconds;
    }

    private async Task<int> CountBackupsAsync() => (await MustAsync("list")).GetProperty("backups").GetArrayLength();

    private static async Task<SegvaultRun> InterruptAsync(string signal, double milliseconds, params IReadOnlyList<string> arguments)
    {
        using var running = new SegvaultProcess().Start(arguments);
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), Cancellation);
        await running.SignalAsync(signal);
        return await running.WaitAsync();
    }

    private IReadOnlyList<string> WithoutStored(IReadOnlyList<string> tree) =>
        [.. tree.Where(entry => !new[] { "packs", "backups" }.Any(kind => entry.StartsWith(Path.Combine(Repository, kind) + Path.DirectorySeparatorChar, StringComparison.Ordinal)))];
}
