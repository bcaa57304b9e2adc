using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Backups that were asked for and are not there, or are not the only ones.</summary>
public sealed class WrongBackups : BadInputTest
{
    [Fact]
    public async Task A_backup_that_nothing_or_several_things_fit_is_not_guessed()
    {
        var files = TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, Repository, "restore", "latest", Target);
        var id = (await MustAsync("backup", Index)).GetProperty("backup").GetString()!;

        foreach (var command in (string[][])[["restore", Target], ["show"]])
        {
            await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, new string('0', 32), [command[0], new string('0', 32), .. command[1..]]);
            await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, id[..3], [command[0], id[..3], .. command[1..]]);
            await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, "newest", [command[0], "newest", .. command[1..]]);
            await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, id + "0", [command[0], id + "0", .. command[1..]]);
        }

        await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, "stranger", "restore", "latest", Target, "--name", "stranger");
        await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, "2001", "restore", "latest", Target, "--at", "2001-01-01T00:00:00Z");
        await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, new string('0', 32), "verify", new string('0', 32));
        Assert.Equal(id, (await MustAsync("restore", id[..4].ToUpperInvariant(), Target)).GetProperty("backup").GetString());

        await MustAsync("backup", Index, "--name", "other\nindex");
        var error = await FailAsync(ExitCodes.Usage, ErrorCode.NameNeeded, "products", "restore", "latest", PathOf("second"));
        Assert.Contains("other\nindex", error.GetProperty("message").GetString()!, StringComparison.Ordinal);
        Assert.Equal(files.Documents, (await MustAsync("restore", "latest", PathOf("second"), "--name", "products")).GetProperty("documents").GetInt64());
    }

    [Fact]
    public async Task A_name_that_belongs_to_another_index_is_refused_and_one_proposed()
    {
        TantivyFiles.Create(Index, segments: 1);
        TantivyFiles.Create(PathOf("elsewhere", "products"), segments: 1, seed: 2);
        await MustAsync("init");
        await MustAsync("backup", Index);

        var error = await FailAsync(ExitCodes.Refused, ErrorCode.NameInUse, Index, "backup", PathOf("elsewhere", "products"));
        Assert.Contains("--name elsewhere-products", error.GetProperty("hint").GetString()!, StringComparison.Ordinal);
        await MustAsync("backup", PathOf("elsewhere", "products"), "--name", "products");
    }
}
