using System.Text.Json;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Backups killed half way, and repositories with damaged files, as they are on a disk.</summary>
public sealed class RepairRuns : BadInputTest
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public async Task A_repository_without_its_descriptor_is_neither_opened_nor_made_anew_until_it_is_repaired()
    {
        TantivyFiles.Create(Index);
        await MustAsync("init");
        var backup = (await MustAsync("backup", Index)).GetProperty("backup").GetString()!;
        var descriptor = Path.Combine(Repository, "segvault.json");
        var before = await File.ReadAllTextAsync(descriptor, Cancellation);
        File.Delete(descriptor);
        foreach (var command in new[] { ["init"], ["list"], ["backup", Index], ["restore", backup, Target], new[] { "verify" } })
        {
            var hint = (await FailAsync(ExitCodes.Damaged, ErrorCode.RepositoryDamaged, "segvault.json", command)).GetProperty("hint").GetString()!;
            Assert.Contains("verify --repair", hint, StringComparison.Ordinal);
        }

        (await RunAsync("verify", "--repair", "--dry-run")).MustExit(ExitCodes.Repaired);
        Assert.False(File.Exists(descriptor));
        var problem = Assert.Single((await RunAsync("verify", "--repair")).MustExit(ExitCodes.Repaired).Summary.GetProperty("problems").EnumerateArray().ToList());
        Assert.Equal("segvault.json", problem.GetProperty("object").GetString());
        Assert.True(problem.GetProperty("repaired").GetBoolean());
        Assert.Equal(Id(before), Id(await File.ReadAllTextAsync(descriptor, Cancellation)));
        await MustAsync("verify", "--read-data");
        await MustAsync("restore", backup, Target);
    }

    [Fact]
    public async Task A_backup_that_was_killed_goes_on_where_it_stopped()
    {
        // Random bytes do not shrink: three segments of 15 MB, each in a pack of its own.
        var files = TantivyFiles.Create(Index, segments: 3, bytesPerFile: 5 * Megabyte / 2);
        await MustAsync("init");
        var repository = Path.Combine(Repository, "packs");
        using (var running = new SegvaultProcess().Start("backup", Index, "-r", Repository, "--json"))
        {
            while (CountPacks(repository) < 2 && !running.HasExited)
                await Task.Delay(1, Cancellation);
            if (OperatingSystem.IsWindows())
                running.Dispose();
            else
                await running.SignalAsync("KILL");
            Assert.NotEqual(0, (await running.WaitAsync()).ExitCode);
        }

        var left = Directory.EnumerateFiles(repository, "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length);
        Assert.InRange(left, 10 * Megabyte, 46L * Megabyte);
        var backup = await MustAsync("backup", Index);
        Assert.InRange(backup.GetProperty("bytesResumed").GetInt64(), left - Megabyte, left);
        Assert.InRange(backup.GetProperty("bytesStored").GetInt64(), 1, backup.GetProperty("bytes").GetInt64() - left + (2 * Megabyte));
        await MustAsync("verify", "--read-data");
        Assert.Equal(files.Documents, (await MustAsync("restore", "latest", Target)).GetProperty("documents").GetInt64());
        Assert.Equal(DirectoryContent.Of(files), DirectoryContent.Of(Target));
        Assert.Equal(0, (await MustAsync("backup", Index, "--full")).GetProperty("bytesResumed").GetInt64());
    }

    [Fact]
    public async Task A_damaged_pack_is_repaired_from_the_index_and_named_without_it()
    {
        var files = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 20_000);
        await MustAsync("init");
        var id = Text(await MustAsync("backup", Index), "backup");
        Assert.Equal("sound", Text(await MustAsync("verify", "--repair"), "outcome"));
        var pack = new DirectoryInfo(Path.Combine(Repository, "packs")).EnumerateFiles("*", SearchOption.AllDirectories).MaxBy(file => file.Length)!.FullName;
        var bytes = await File.ReadAllBytesAsync(pack, Cancellation);
        bytes[1000] ^= 1;
        await File.WriteAllBytesAsync(pack, bytes, Cancellation);

        var unrepaired = (await RunAsync(new SegvaultProcess(), "verify", "--repair")).MustExit(ExitCodes.Damaged).Summary;
        Assert.Equal("incomplete", Text(unrepaired, "outcome"));
        Assert.Contains(unrepaired.GetProperty("problems").EnumerateArray(), problem => problem.GetProperty("backups")[0].GetString() == id && !problem.GetProperty("repaired").GetBoolean());

        var partial = (await RunAsync(new SegvaultProcess(), "restore", id, Target, "--allow-partial")).MustExit(ExitCodes.Incomplete).Summary;
        Assert.Equal(1, partial.GetProperty("lostFiles").GetArrayLength());
        Assert.Equal(100, partial.GetProperty("documents").GetInt64());
        Assert.Equal(100, partial.GetProperty("lostDocuments").GetInt64());
        Directory.Delete(Target, recursive: true);

        var plan = (await RunAsync(new SegvaultProcess(), "verify", "--repair", "--from", Index, "--dry-run")).MustExit(ExitCodes.Repaired).Summary;
        Assert.True(plan.GetProperty("dryRun").GetBoolean());
        var repaired = (await RunAsync(new SegvaultProcess(), "verify", "--repair", "--from", Index)).MustExit(ExitCodes.Repaired).Summary;
        Assert.Equal(id, repaired.GetProperty("backupsRepaired")[0].GetProperty("formerIds")[0].GetString());
        await MustAsync("verify", "--read-data");
        await MustAsync("restore", id, Target);
        Assert.Equal(DirectoryContent.Of(files), DirectoryContent.Of(Target));
    }

    [Fact]
    public async Task A_damaged_log_is_bridged_and_people_are_told_what_was_done()
    {
        TantivyFiles.Create(Index, segments: 1, bytesPerFile: 300);
        await MustAsync("init");
        await MustAsync("backup", Index);
        await MustAsync("backup", Index, "--full");
        await File.WriteAllTextAsync(Path.Combine(Repository, "log", "0000000000000", "000"), "rubbish", Cancellation);
        (await RunAsync(new SegvaultProcess(), "list")).MustExit(ExitCodes.Damaged);

        var run = (await SegvaultProcess.RunAsync("verify", "--repair", "-r", Repository)).MustExit(ExitCodes.Repaired);
        Assert.Contains("all repaired", run.Out, StringComparison.Ordinal);
        Assert.Contains("log/0000000000000/000: is lost", run.Out, StringComparison.Ordinal);
        Assert.Equal(2, (await MustAsync("list")).GetProperty("backups").GetArrayLength());
        await MustAsync("backup", Index);
    }

    [Theory]
    [InlineData("verify --from index", "--repair")]
    [InlineData("verify --from-repository other", "--repair")]
    [InlineData("verify --dry-run", "--repair")]
    [InlineData("verify abcd --repair", "whole repository")]
    [InlineData("restore latest target --allow-partial --replace", "--replace")]
    public async Task Options_that_do_not_go_together_are_wrong_usage(string line, string mentioned)
    {
        var run = (await InProcess.RunAsync([.. line.Split(' '), "-r", Repository])).MustExit(ExitCodes.Usage);
        Assert.Contains(mentioned, run.Error, StringComparison.Ordinal);
    }

    private static string Text(JsonElement summary, string field) => summary.GetProperty(field).GetString()!;

    private static int CountPacks(string directory) => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Count();

    private static string Id(string descriptor) => descriptor.Split('\n').Single(line => line.Contains("\"id\"", StringComparison.Ordinal));
}
