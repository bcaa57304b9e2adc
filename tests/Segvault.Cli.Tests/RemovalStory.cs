using System.Text.Json;
using Segvault.Cli.Tests.BadInput;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>Backups are deleted, brought back, pruned and collected by real processes.</summary>
public sealed class RemovalStory : BadInputTest
{
    [Fact]
    public async Task Deleted_backups_can_be_brought_back_until_they_are_collected()
    {
        var backups = await BackUpAsync(3);
        var plan = await MustAsync("delete", backups[0][..6], backups[1], "--dry-run");
        Assert.True(plan.GetProperty("dryRun").GetBoolean());
        Assert.Equal(backups[..2], Ids(plan));
        Assert.All(plan.GetProperty("backups").EnumerateArray(), backup => Assert.InRange(backup.GetProperty("ownBytes").GetInt64(), 1, long.MaxValue));
        Assert.Equal(backups, await ListAsync());

        var deleted = await MustAsync("delete", backups[0][..6], backups[1]);
        Assert.Equal(2, deleted.GetProperty("backupsRemoved").GetInt32());
        Assert.Equal(0, deleted.GetProperty("bytesFreed").GetInt64());
        var released = deleted.GetProperty("bytesReleased").GetInt64();
        Assert.Equal(plan.GetProperty("bytesReleased").GetInt64(), released);
        Assert.Equal(backups[2..], await ListAsync());
        await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, backups[0], "restore", backups[0], Target);
        var hint = (await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, "ffff0000", "undelete", "ffff0000")).GetProperty("hint").GetString()!;
        Assert.Contains(backups[0][..8], hint, StringComparison.Ordinal);
        Assert.Contains(backups[1][..8], hint, StringComparison.Ordinal);

        var early = await MustAsync("gc");
        Assert.Equal((0, released), (early.GetProperty("bytesFreed").GetInt64(), early.GetProperty("bytesWaiting").GetInt64()));
        await MustAsync("undelete", backups[1][..6]);
        Assert.Equal(backups[1..], await ListAsync());
        await MustAsync("restore", backups[1], Target);

        var would = await MustAsync("gc", "--grace", "0", "--dry-run");
        var collected = await MustAsync("gc", "--grace", "0");
        Assert.Equal(would.GetProperty("bytesFreed").GetInt64(), collected.GetProperty("bytesFreed").GetInt64());
        Assert.Equal(would.GetProperty("packsErased").GetInt32(), collected.GetProperty("packsErased").GetInt32());
        Assert.InRange(collected.GetProperty("bytesFreed").GetInt64(), 1, long.MaxValue);
        Assert.Equal(1, collected.GetProperty("backupsRemoved").GetInt32());
        await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, backups[0], "undelete", backups[0]);
        await MustAsync("verify", "--read-data");
    }

    [Fact]
    public async Task Pruning_with_a_collection_frees_what_its_dry_run_says()
    {
        var backups = await BackUpAsync(4);
        string[] command = ["prune", "--keep-last", "1", "--keep-yearly", "3", "--gc", "--grace", "0"];
        var plan = await MustAsync([.. command, "--dry-run"]);
        var reasons = Assert.Single(plan.GetProperty("kept").EnumerateArray()).GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString());
        Assert.Equal(["last", "yearly"], reasons);
        Assert.Equal(backups, await ListAsync());
        var pruned = await MustAsync(command);
        Assert.Equal(backups[..3], Ids(pruned));
        foreach (var field in new[] { "backupsRemoved", "bytesReleased", "packsCondemned", "packsErased", "bytesFreed" })
            Assert.Equal(plan.GetProperty(field).GetInt64(), pruned.GetProperty(field).GetInt64());
        Assert.Equal(pruned.GetProperty("bytesReleased").GetInt64(), pruned.GetProperty("bytesFreed").GetInt64());
        Assert.Equal(backups[3..], await ListAsync());
        await MustAsync("restore", "latest", Target);
        Assert.Equal(0, (await MustAsync(command)).GetProperty("backupsRemoved").GetInt32());
    }

    [Fact]
    public async Task A_label_pins_a_backup()
    {
        var pinned = Assert.Single(await BackUpAsync(1, "--label", "keep=audit"));
        var last = (await BackUpAsync(2))[1];
        await MustAsync("prune", "--keep-last", "1");
        Assert.Equal([pinned, last], await ListAsync());
    }

    [Fact]
    public async Task People_are_told_which_backups_go_and_what_that_frees()
    {
        var backups = await BackUpAsync(2);
        var plan = (await SegvaultProcess.RunAsync("prune", "--keep-last", "1", "--dry-run", "-r", Repository)).MustExit(0);
        Assert.Contains($"Would delete backup {backups[0][..8]} of 'products', ", plan.Out, StringComparison.Ordinal);
        Assert.Contains($"Would keep backup {backups[1][..8]} of 'products', ", plan.Out, StringComparison.Ordinal);
        var deleted = (await SegvaultProcess.RunAsync("delete", backups[0], "-r", Repository)).MustExit(0);
        Assert.Empty(deleted.Out);
        Assert.Contains($"Deleted backup {backups[0][..8]} of 'products', ", deleted.Error, StringComparison.Ordinal);
        Assert.Contains("that no other backup needs", deleted.Error, StringComparison.Ordinal);
        var collected = (await SegvaultProcess.RunAsync("gc", "--grace", "0", "-r", Repository)).MustExit(0);
        Assert.Contains("Freed ", collected.Error, StringComparison.Ordinal);
        Assert.Contains($"backup {backups[0][..8]} of 'products'", collected.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_whose_manifest_is_lost_is_not_collected_from()
    {
        var backups = await BackUpAsync(3);
        await MustAsync("delete", backups[0]);
        File.Delete(Path.Combine(Repository, "backups", backups[1]));
        await FailAsync(ExitCodes.Damaged, ErrorCode.RepositoryDamaged, $"backups/{backups[1]}", "gc", "--grace", "0");
        await MustAsync("delete", backups[1]);
        await MustAsync("gc", "--grace", "0");
        Assert.Equal(backups[2..], await ListAsync());
        await MustAsync("verify", "--read-data");
    }

    private async Task<string[]> BackUpAsync(int count, params string[] options)
    {
        var files = TantivyFiles.Create(Index, segments: 1, bytesPerFile: 2000, seed: Directory.Exists(Index) ? 2 : 1);
        await MustAsync("init");
        var backups = new string[count];
        for (var i = 0; i < count; i++)
        {
            files.AddSegment(10);
            files.RemoveSegment(files.Segments[0]);
            files.WriteMeta();
            backups[i] = (await MustAsync(["backup", Index, .. options])).GetProperty("backup").GetString()!;
        }

        return backups;
    }

    private async Task<string[]> ListAsync() =>
        [.. (await MustAsync("list")).GetProperty("backups").EnumerateArray().Select(backup => backup.GetProperty("id").GetString()!)];

    private static IEnumerable<string> Ids(JsonElement removal) => removal.GetProperty("backups").EnumerateArray().Select(backup => backup.GetProperty("id").GetString()!);
}
