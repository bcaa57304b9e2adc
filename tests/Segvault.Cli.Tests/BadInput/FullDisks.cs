using System.Diagnostics;
using System.Globalization;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>
/// A disk with room for so many pages, from none on until the command succeeds. It says which disk is full, what was there is whole, nothing
/// half-done is there beside it, and with room it succeeds.
/// </summary>
public sealed class FullDisks : MountTest
{
    private const int Page = 4096;

    private string Place => Path.Combine(Mount, "place");

    private string OnDisk => Path.Combine(Place, "repository");

    [Fact]
    public async Task A_backup_leaves_the_earlier_ones_whole()
    {
        await MountDiskAsync();
        var index = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 9000);
        await MustAsync("init", "-r", OnDisk);
        await MustAsync("backup", Index, "-r", OnDisk);
        index.Change();
        await SweepAsync(["backup", Index, "-r", OnDisk], EnsureWholeAsync);

        async Task EnsureWholeAsync(bool done)
        {
            Assert.DoesNotContain(Directory.GetFiles(Path.Combine(OnDisk, "tmp")), file => !file.Contains("reserve-", StringComparison.Ordinal));
            await MustAsync("verify", "--read-data", "-r", OnDisk);
            Assert.Equal(done ? 2 : 1, (await MustAsync("list", "-r", OnDisk)).GetProperty("backups").GetArrayLength());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restore_leaves_the_old_index_or_the_new_one(bool inPlace)
    {
        await MountDiskAsync();
        var target = Path.Combine(Place, "index");
        var index = TantivyFiles.Create(target, segments: 2, bytesPerFile: 9000);
        await MustAsync("init");
        await MustAsync("backup", target);
        var wanted = DirectoryContent.Of(index);
        index.Change();
        var old = DirectoryContent.Of(index);
        await SweepAsync(["restore", "latest", target, "-r", Repository, "--replace", .. inPlace ? (string[])["--in-place"] : []], EnsureOldOrNew);

        Task EnsureOldOrNew(bool done)
        {
            Assert.Equal(done ? wanted : old, DirectoryContent.Of(target));
            Assert.Equal([target], Directory.GetFileSystemEntries(Place));
            Assert.Empty(Directory.GetFileSystemEntries(target, ".segvault*"));
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task An_archive_leaves_nothing_of_itself()
    {
        await MountDiskAsync();
        TantivyFiles.Create(Index, segments: 1, bytesPerFile: 9000);
        var archives = Path.Combine(Place, "new", "archives");
        await SweepAsync(["archive", "create", Index, archives], EnsureNothingOrWholeAsync);

        async Task EnsureNothingOrWholeAsync(bool done)
        {
            if (done)
                await MustAsync("archive", "verify", archives);
            else
                Assert.Empty(Directory.GetFileSystemEntries(Place));
        }
    }

    [Fact]
    public async Task A_repair_harms_nothing()
    {
        DamagedBecause = "a repair is to mend it";
        await MountDiskAsync();
        TantivyFiles.Create(Index, segments: 2, bytesPerFile: 9000);
        await MustAsync("init", "-r", OnDisk);
        await MustAsync("backup", Index, "-r", OnDisk);
        var pack = Directory.GetFiles(Path.Combine(OnDisk, "packs"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        await MustAsync("backup", Index, "--full", "-r", OnDisk);
        File.Delete(pack);
        await SweepAsync(["verify", "--repair", "--from", Index, "-r", OnDisk], EnsureWholeAsync, ExitCodes.Repaired);

        async Task EnsureWholeAsync(bool done)
        {
            if (done)
                await MustAsync("verify", "--read-data", "-r", OnDisk);
            await MustAsync("restore", "latest", Target, "-r", OnDisk);
            Directory.Delete(Target, recursive: true);
        }
    }

    [Fact]
    public async Task What_makes_room_succeeds_without_any()
    {
        // Smaller ones hold nothing in reserve.
        await MountDiskAsync("24m");
        var index = TantivyFiles.Create(Index, segments: 2, bytesPerFile: 9000);
        await MustAsync("init", "-r", OnDisk);
        await MustAsync("backup", Index, "-r", OnDisk);
        index.Change();
        await MustAsync("backup", Index, "-r", OnDisk);
        for (var pages = 0; pages < TestBench.Rounds(4, 100); pages++)
        {
            await ResetAsync();
            LeaveOnly(pages);
            await MustAsync("prune", "--keep-last", "1", "-r", OnDisk);
            await MustAsync("gc", "--grace", "0", "-r", OnDisk);
            await MustAsync("verify", "--read-data", "-r", OnDisk);
        }
    }

    private async Task SweepAsync(IReadOnlyList<string> command, Func<bool, Task> check, int success = ExitCodes.Done)
    {
        var failures = 0;
        for (var pages = 0; ; pages += TestBench.Rounds(1 + (pages / 4), 1))
        {
            await ResetAsync();
            LeaveOnly(pages);
            var run = await InProcess.RunAsync([.. command, "--json"]);
            var done = run.ExitCode == success;
            if (!done)
            {
                failures++;
                Assert.Contains(run.ErrorCode, new[] { ErrorCode.DiskFull, ErrorCode.NotEnoughSpace });
                Assert.Contains(Mount, run.Last.GetProperty("message").GetString(), StringComparison.Ordinal);
            }

            File.Delete(Ballast);
            await check(done);
            if (done || DamagedBecause is null)
                RepositoryConsistency.AssertBelow(Place);
            if (done)
                break;
            (await InProcess.RunAsync([.. command, "--json"])).MustExit(success);
            await check(true);
            RepositoryConsistency.AssertBelow(Place);
        }

        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"{failures} full disks for {command[0]}"));
        Assert.InRange(failures, 1, 1000);
    }

    private string Ballast => Path.Combine(Mount, "ballast");

    private string Kept => PathOf("kept");

    private void LeaveOnly(int pages)
    {
        using (var ballast = File.OpenHandle(Ballast, FileMode.CreateNew, FileAccess.Write))
        {
            var page = new byte[Page];
            for (var left = (new DriveInfo(Mount).AvailableFreeSpace / Page) - pages; left > 0; left--)
                RandomAccess.Write(ballast, page, RandomAccess.GetLength(ballast));
        }

        Assert.Equal(pages * Page, new DriveInfo(Mount).AvailableFreeSpace);
    }

    /// <summary>Brings the disk back into the state before the first run.</summary>
    private async Task ResetAsync()
    {
        if (!Directory.Exists(Kept))
        {
            await CopyAsync(Place, Kept);
            return;
        }

        foreach (var entry in Directory.GetDirectories(Mount))
            Directory.Delete(entry, recursive: true);
        File.Delete(Ballast);
        await CopyAsync(Kept, Place);
    }

    private static async Task CopyAsync(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", from, to]);
        await copy.WaitForExitAsync(Cancellation);
        Assert.Equal(0, copy.ExitCode);
    }

    private async Task MountDiskAsync(string size = "6m")
    {
        await MountAsync("-t", "tmpfs", "-o", $"size={size}", "tmpfs");
        Directory.CreateDirectory(Place);
    }
}
