using Segvault.Cli.Tests.Crashes;
using Segvault.Engines;
using Segvault.Storage;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.PowerLoss;

/// <summary>
/// The power goes while a repository is made, written to or collected: what was reported as done is there, and whole. A barrier flushes every
/// directory in which the process read something, since whoever made that may not have come to it. Where somebody had, that flush is not missed, and
/// where nobody had, it is: each is needed in one of these tests. An erasure that is lost, after its packs were deleted, harms no backup either; it is
/// flushed because names are erased for ever.
/// </summary>
public sealed class RepositoryPowerLoss : PowerLossTest
{
    private readonly Dictionary<string, DirectoryContent> _states = new(StringComparer.Ordinal);

    private string Index => Aside("index");

    private string Repository => World("repository");

    [Fact]
    public async Task A_backup_that_said_that_it_succeeded_is_there()
    {
        var index = await PrepareAsync();
        index.Change();
        var record = Record();
        await record.RunAsync("backup", Index, "-r", Repository, "--quiet");
        var backups = await NoteAsync(index);

        var unneeded = await CutAsync(record, reported => EnsureWholeAsync(reported.Count == 0 ? backups[..1] : backups));

        string[] flushedBefore = ["repository", "repository #2", "repository/log", "repository/log #2", "repository/log/0000000000000", "repository/packs"];
        Assert.Equal(flushedBefore, unneeded);
    }

    [Fact]
    public async Task A_backup_that_builds_on_a_killed_one_is_there()
    {
        var index = await PrepareAsync();
        index.Change();
        var record = await RecordKilledAsync();
        await NoteAsync(index);
        index.AddSegment(10);
        index.WriteMeta();
        await record.RunAsync("backup", Index, "-r", Repository, "--quiet");
        var backups = await NoteAsync(index);

        var unneeded = await CutAsync(record, reported => EnsureWholeAsync(reported.Count == 0 ? backups[..1] : backups));

        string[] flushedBefore =
        [
            "repository", "repository #2", "repository #3", "repository/log", "repository/log #2", "repository/log #3",
            "repository/log/0000000000000", "repository/packs", "repository/packs #2",
        ];
        Assert.Equal(flushedBefore, unneeded);
    }

    [Fact]
    public async Task What_was_not_deleted_outlives_a_collection()
    {
        var index = await PrepareAsync();
        index.Change();
        await CrashBench.MustAsync("backup", Index, "-r", Repository);
        var backups = await NoteAsync(index);
        var record = Record();
        await record.RunAsync("delete", backups[0], "-r", Repository, "--quiet");
        await record.RunAsync("gc", "--grace", "0", "-r", Repository, "--quiet");

        var unneeded = await CutAsync(record, EnsureDeletedAsync);

        string[] flushedBefore =
        [
            "repository", "repository #2", "repository #3", "repository/backups", "repository/backups #2",
            "repository/log", "repository/log #2", "repository/log #3",
        ];
        Assert.Equal(flushedBefore, unneeded);

        async Task EnsureDeletedAsync(IReadOnlyList<string> reported)
        {
            await EnsureWholeAsync(backups[1..]);
            if (reported.Contains("delete"))
                Assert.DoesNotContain(backups[0], await CrashBench.ListAsync(Image("repository")));
        }
    }

    [Fact]
    public async Task A_repository_that_was_made_is_there()
    {
        var content = DirectoryContent.Of(TantivyFiles.Create(Index, segments: 1, bytesPerFile: 100));
        var record = Record();
        await record.RunAsync("init", "-r", Repository, "--quiet");
        await record.RunAsync("backup", Index, "-r", Repository, "--quiet");

        var unneeded = await CutAsync(record, EnsureMadeAsync);

        string[] flushedBefore =
        [
            "repository", "repository #3", "repository #4", "repository/log", "repository/log/0000000000000",
            "repository/packs", "repository/packs #2", "repository/probes",
        ];
        Assert.Equal(flushedBefore, unneeded);

        async Task EnsureMadeAsync(IReadOnlyList<string> reported)
        {
            if (reported.Count == 0)
            {
                var again = await InProcess.RunAsync("init", "-r", Image("repository"), "--json");
                Assert.True(again.ExitCode == 0 || again.ErrorCode == ErrorCode.RepositoryNotEmpty, again.ToString());
            }

            var reserve = Path.Combine(Image("repository"), "tmp");
            Assert.All(Directory.Exists(reserve) ? Directory.GetFiles(reserve, "reserve-*") : [], piece => Assert.Equal(TemporaryFiles.PieceLength, new FileInfo(piece).Length));
            await CrashBench.MustAsync("backup", Index, "-r", Image("repository"));
            await CrashBench.MustAsync("verify", "--read-data", "-r", Image("repository"));
            if (reported.Contains("backup"))
            {
                await using var repository = await BackupRepository.OpenAsync(Image("repository"), Token);
                var first = BackupId.Parse((await CrashBench.ListAsync(Image("repository")))[0]);
                Assert.Equal(content, await RestoreAsync(new BackupManager(repository), first));
            }
        }
    }

    /// <summary>Records a backup that is killed when its entry has got its name, and neither that nor those of its packs are flushed.</summary>
    private async Task<OperationRecord> RecordKilledAsync()
    {
        for (var flush = 1; ; flush++)
        {
            var record = Record();
            await record.RunKilledAsync("fsync", flush, "backup", Index, "-r", Repository, "--quiet");
            if ((await CrashBench.ListAsync(Repository)).Count == 2)
                return record;
            Restart();
        }
    }

    private async Task<TantivyFiles> PrepareAsync()
    {
        var index = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 400);
        await CrashBench.MustAsync("init", "-r", Repository);
        await CrashBench.MustAsync("backup", Index, "-r", Repository);
        await NoteAsync(index);
        return index;
    }

    /// <summary>Notes what the newest backup holds; returns all of them.</summary>
    private async Task<string[]> NoteAsync(TantivyFiles index)
    {
        var backups = await CrashBench.ListAsync(Repository);
        _states[backups[^1]] = DirectoryContent.Of(index);
        return [.. backups];
    }

    /// <summary>The repository is consistent, these backups restore, and the next one succeeds.</summary>
    private async Task EnsureWholeAsync(IReadOnlyList<string> backups)
    {
        await using var repository = await BackupRepository.OpenAsync(Image("repository"), Token);
        var manager = new BackupManager(repository);
        await EnsureSoundAsync(manager);
        foreach (var backup in backups)
            Assert.Equal(_states[backup], await RestoreAsync(manager, BackupId.Parse(backup)));
        var next = await manager.CreateBackupAsync(IndexSource.Open(Index), cancellationToken: Token);
        await EnsureSoundAsync(manager);
        Assert.Equal(DirectoryContent.Of(Index), await RestoreAsync(manager, next.Backup.Id));
    }

    private static async Task EnsureSoundAsync(BackupManager manager) =>
        Assert.Empty((await manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data }, cancellationToken: Token)).Problems);

    private async Task<DirectoryContent> RestoreAsync(BackupManager manager, BackupId backup)
    {
        var target = Aside("restored");
        if (Directory.Exists(target))
            Directory.Delete(target, recursive: true);
        await manager.RestoreBackupAsync(backup, target, cancellationToken: Token);
        return DirectoryContent.Of(target);
    }
}
