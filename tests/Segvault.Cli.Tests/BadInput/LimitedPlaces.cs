using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Full disks, read-only places, and an environment with nothing in it.</summary>
public sealed class LimitedPlaces : MountTest
{
    [Fact]
    public async Task A_full_disk_takes_no_repository_and_keeps_the_one_it_has()
    {
        await MountAsync("-t", "tmpfs", "-o", "size=1536k", "tmpfs");
        var repository = Path.Combine(Mount, "repository");
        var ballast = Path.Combine(Mount, "ballast");
        var files = TantivyFiles.Create(Index, segments: 1, bytesPerFile: 20_000);

        Fill(ballast);
        await FailAsync(ExitCodes.Failed, ErrorCode.DiskFull, Mount, "init", "-r", repository);
        File.Delete(ballast);
        await MustAsync("init", "-r", repository);

        // Random bytes do not shrink: what is expected to fit does not. What is complete of it stays until it is collected.
        TantivyFiles.Create(PathOf("larger"), segments: 1, bytesPerFile: 300_000);
        var before = Tree(repository);
        var full = (await RunAsync("backup", PathOf("larger"), "-r", repository)).MustExit(ExitCodes.Failed);
        Assert.Equal(ErrorCode.DiskFull, full.ErrorCode);
        Assert.All(Tree(repository).Except(before), left => Assert.StartsWith(Path.Combine(repository, "packs"), left, StringComparison.Ordinal));
        await MustAsync("gc", "--grace", "0", "-r", repository);
        Assert.DoesNotContain(Tree(Path.Combine(repository, "packs")), left => left.Contains(" Regular ", StringComparison.Ordinal));
        TantivyFiles.Create(PathOf("huge"), segments: 1, bytesPerFile: 900_000);
        await FailAsync(ExitCodes.Refused, ErrorCode.NotEnoughSpace, repository, "backup", PathOf("huge"), "-r", repository);

        await MustAsync("backup", Index, "-r", repository);
        files.AddSegment(100);
        files.WriteMeta();
        Fill(ballast);
        var later = (await RunAsync("backup", Index, "-r", repository));
        Assert.Contains(later.ErrorCode, (string[])[ErrorCode.DiskFull, ErrorCode.NotEnoughSpace]);
        Assert.Single((await MustAsync("list", "-r", repository)).GetProperty("backups").EnumerateArray());
        await MustAsync("verify", "--read-data", "-r", repository);
        await MustAsync("restore", "latest", Target, "-r", repository);
        var refused = await RunAsync("restore", "latest", Path.Combine(Mount, "target"), "-r", repository);
        Assert.Contains(refused.ErrorCode, (string[])[ErrorCode.DiskFull, ErrorCode.NotEnoughSpace]);
        Assert.Equal(["ballast", "repository"], Directory.GetFileSystemEntries(Mount).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(repository, "tmp")));
        File.Delete(ballast);
        await MustAsync("backup", Index, "-r", repository);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("prune")]
    public async Task On_a_disk_that_is_full_to_its_last_byte_backups_are_deleted_and_collected(string command)
    {
        await MountAsync("-t", "tmpfs", "-o", "size=24m", "tmpfs");
        var repository = Path.Combine(Mount, "repository");
        var files = TantivyFiles.Create(Index, segments: 1, bytesPerFile: 200_000);
        await MustAsync("init", "-r", repository);
        Assert.Equal(4, Directory.GetFiles(Path.Combine(repository, "tmp"), "reserve-*").Length);
        var backups = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            backups.Add((await MustAsync("backup", Index, "--full", "-r", repository)).GetProperty("backup").GetString()!);
            files.AddDelete(files.Segments[0]);
            files.WriteMeta();
        }

        // Filled again after each step: none of them may live on what the one before has left.
        var stale = Path.Combine(repository, "tmp", "0123456789abcdef0123456789abcdef");
        File.WriteAllBytes(stale, new byte[10_000]);
        File.SetLastWriteTimeUtc(stale, DateTime.UtcNow.AddDays(-2));
        FillToTheLastByte("ballast-1");
        var removed = await MustAsync([.. command == "delete" ? (string[])["delete", backups[0], backups[1]] : ["prune", "--keep-last", "1"], "-r", repository]);
        Assert.Equal(2, removed.GetProperty("backupsRemoved").GetInt32());
        FillToTheLastByte("ballast-2");
        await MustAsync("gc", "-r", repository);
        Assert.False(File.Exists(stale));
        FillToTheLastByte("ballast-3");
        var freed = (await MustAsync("gc", "--grace", "0", "-r", repository)).GetProperty("bytesFreed").GetInt64();
        Assert.InRange(freed, removed.GetProperty("bytesReleased").GetInt64(), long.MaxValue);
        await MustAsync("verify", "--read-data", "-r", repository);
        await MustAsync("restore", backups[2], Target, "-r", repository);

        // There is room for another backup, and with enough of it there is a reserve again.
        await MustAsync("backup", Index, "--full", "-r", repository);
        foreach (var ballast in Directory.GetFiles(Mount, "ballast-*"))
        {
            File.Delete(ballast);
        }

        await MustAsync("gc", "-r", repository);
        Assert.Equal(4, Directory.GetFiles(Path.Combine(repository, "tmp"), "reserve-*").Length);

        void FillToTheLastByte(string name)
        {
            Fill(Path.Combine(Mount, name));
            Assert.Equal(0, new DriveInfo(Mount).AvailableFreeSpace);
        }
    }

    [Fact]
    public async Task A_read_only_index_is_backed_up_without_a_lock_and_a_read_only_repository_is_restored_from()
    {
        var files = TantivyFiles.Create(Path.Combine(Mount, "products"), segments: 1);
        await MustAsync("init", "-r", Path.Combine(Mount, "repository"));
        await MustAsync("backup", files.Directory, "-r", Path.Combine(Mount, "repository"));
        await MountAsync("--bind", Mount);
        await MountAsync("-o", "remount,bind,ro");

        await MustAsync("init");
        var run = (await RunAsync("backup", files.Directory)).MustExit(0);
        Assert.False(run.Summary.GetProperty("locked").GetBoolean());
        Assert.Contains(run.Lines, line => line.GetProperty("type").GetString() == "warning" && line.GetProperty("code").GetString() == ErrorCode.NotLocked);
        await MustAsync("inspect", files.Directory);

        string[] repository = ["-r", Path.Combine(Mount, "repository")];
        await MustAsync(["list", .. repository]);
        await MustAsync(["verify", "--read-data", .. repository]);
        await MustAsync(["restore", "latest", Target, .. repository]);
        TantivyFiles.Create(Index, segments: 1, seed: 2);
        await FailAsync(ExitCodes.Failed, ErrorCode.PermissionDenied, Mount, ["backup", Index, "--name", "other", .. repository]);
        await FailAsync(ExitCodes.Failed, ErrorCode.PermissionDenied, Mount, "init", "-r", Path.Combine(Mount, "another"));
        await FailAsync(ExitCodes.Failed, ErrorCode.PermissionDenied, Mount, "restore", "latest", files.Directory, "--replace");
        await FailAsync(ExitCodes.Failed, ErrorCode.PermissionDenied, Mount, "restore", "latest", Path.Combine(Mount, "target"));
    }

    [Fact]
    public async Task A_full_disk_takes_no_archive_and_keeps_those_it_has()
    {
        await MountAsync("-t", "tmpfs", "-o", "size=512k", "tmpfs");
        var archives = Path.Combine(Mount, "archives");
        var small = TantivyFiles.Create(Index, segments: 1, bytesPerFile: 10_000);
        var kept = (await MustAsync("archive", "create", Index, archives)).GetProperty("archive").GetString()!;

        // Random bytes do not shrink: what is expected to fit does not, and is taken back.
        TantivyFiles.Create(PathOf("larger"), segments: 1, bytesPerFile: 120_000);
        await FailAsync(ExitCodes.Failed, ErrorCode.DiskFull, Mount, "archive", "create", PathOf("larger"), archives);
        await FailAsync(ExitCodes.Failed, ErrorCode.DiskFull, Mount, "archive", "create", PathOf("larger"), Path.Combine(Mount, "new", "directory"));
        TantivyFiles.Create(PathOf("huge"), segments: 1, bytesPerFile: 300_000);
        await FailAsync(ExitCodes.Refused, ErrorCode.NotEnoughSpace, archives, "archive", "create", PathOf("huge"), archives);
        await MustAsync("init");
        await MustAsync("backup", PathOf("larger"));
        await FailAsync(ExitCodes.Failed, ErrorCode.DiskFull, Mount, "export", "latest", Path.Combine(Mount, "new", "export.tar.gz"));

        Assert.Equal([kept], Directory.GetFiles(archives));
        await MustAsync("archive", "verify", archives);
        Assert.Equal(small.Documents, (await MustAsync("archive", "restore", kept, Target)).GetProperty("documents").GetInt64());
    }

    [Fact]
    public async Task Read_only_archives_are_listed_verified_imported_and_restored_and_take_no_more()
    {
        var files = TantivyFiles.Create(Index, segments: 1);
        var archives = Path.Combine(Mount, "archives");
        await MustAsync("archive", "create", Index, archives);
        files.AddSegment(10);
        files.WriteMeta();
        var archive = (await MustAsync("archive", "create", Index, archives, "--incremental")).GetProperty("archive").GetString()!;
        await MountAsync("--bind", Mount);
        await MountAsync("-o", "remount,bind,ro");

        await MustAsync("archive", "list", archives);
        await MustAsync("archive", "verify", archives);
        await MustAsync("archive", "restore", archive, Target);
        await MustAsync("init");
        await MustAsync("import", archive);
        Assert.True((await MustAsync("archive", "create", Index, archives, "--incremental")).GetProperty("unchanged").GetBoolean());
        await FailAsync(ExitCodes.Failed, ErrorCode.PermissionDenied, Mount, "archive", "create", Index, archives);
        await FailAsync(ExitCodes.Failed, ErrorCode.PermissionDenied, Mount, "archive", "create", Index, Path.Combine(Mount, "more"));
        await FailAsync(ExitCodes.Failed, ErrorCode.PermissionDenied, Mount, "export", "latest", Path.Combine(Mount, "export.tar.gz"));
    }

    [Fact]
    public async Task Neither_home_nor_temporary_directory_nor_a_working_directory_is_needed()
    {
        TantivyFiles.Create(Index, segments: 1);
        var process = new SegvaultProcess
        {
            WorkingDirectory = "/proc/self",
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["HOME"] = null, ["TMPDIR"] = null, ["XDG_CACHE_HOME"] = null, ["USER"] = null },
        };
        foreach (var arguments in (string[][])[["init"], ["backup", Index], ["list"], ["show", "latest"], ["verify", "--read-data"], ["inspect", Index], ["restore", "latest", Target]])
        {
            (await RunAsync(process, arguments)).MustExit(0);
        }
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
        }
    }
}
