using System.Diagnostics;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>What is not an archive, not a whole one, or not in a place where archives can be.</summary>
public sealed class BadArchives : BadInputTest
{
    private static readonly byte[] Png = [0x89, .. "PNG\r\n"u8, 0x1a, 0x0a, .. new byte[500]];

    private string Archives => PathOf("archives");

    [Fact]
    public async Task An_archive_that_is_not_there_is_named()
    {
        var absent = Path.Combine(Archives, "backup_full_20260101_000000.tar.gz");
        await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, absent, "archive", "restore", absent, Target);
        await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, absent, "archive", "verify", absent);
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, Archives, "archive", "list", Archives);
        await MustAsync("init");
        await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, absent, "import", absent);
        await FailAsync(ExitCodes.NoRepository, ErrorCode.RepositoryNotFound, PathOf("none"), "import", absent, "-r", PathOf("none"));
        await FailAsync(ExitCodes.NoSuchBackup, ErrorCode.BackupNotFound, Repository, "export", "latest", PathOf("out.tar.gz"));
    }

    [Fact]
    public async Task A_directory_is_no_archive_and_a_file_no_directory()
    {
        TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        var directory = Directory.CreateDirectory(PathOf("named.tar.gz")).FullName;
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, directory, "archive", "restore", directory, Target);
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, directory, "import", directory);
        var file = PathOf("file");
        await File.WriteAllTextAsync(file, "text", Cancellation);
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, file, "archive", "create", Index, file);
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, file, "archive", "create", Index, Path.Combine(file, "below"));
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, file, "archive", "list", file);
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, file, "archive", "restore", PathOf("x.tar.gz"), Target, "--base", file);
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, PathOf("nowhere"), "archive", "create", Index, Archives, "--base", PathOf("nowhere"));
        Assert.Empty((await MustAsync("archive", "verify", directory)).GetProperty("problems").EnumerateArray());
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("text")]
    [InlineData("png")]
    [InlineData("zeros")]
    public async Task What_is_no_archive_at_all_is_refused_and_named(string kind)
    {
        byte[] content = kind switch { "empty" => [], "text" => "This is no archive.\n"u8.ToArray(), "png" => Png, _ => new byte[10_240] };
        Directory.CreateDirectory(Archives);
        var named = Path.Combine(Archives, "backup_full_20260101_000000.tar.gz");
        var other = Path.Combine(Archives, "holiday.tar.gz");
        await File.WriteAllBytesAsync(named, content, Cancellation);
        await File.WriteAllBytesAsync(other, content, Cancellation);
        await MustAsync("init");

        foreach (var file in (string[])[named, other])
        {
            await FailAsync(ExitCodes.Damaged, ErrorCode.ArchiveDamaged, file, "archive", "restore", file, Target);
            await FailAsync(ExitCodes.Damaged, ErrorCode.ArchiveDamaged, file, "import", file);
            await AssertNamedAsync(file, "archive", "verify", file);
        }

        // Only what has a name that Segvault gives must be an archive.
        await AssertNamedAsync(named, "archive", "list", Archives);
        await AssertNamedAsync(named, "archive", "verify", Archives);
    }

    [Theory]
    [InlineData("tar.gz", 1)]
    [InlineData("tar.zst", 2)]
    public async Task A_cut_or_flipped_archive_is_found_named_and_never_restored(string format, int seed)
    {
        var files = TantivyFiles.Create(Index, segments: 1, bytesPerFile: 3000);
        var archive = await ArchiveAsync("--format", format);
        var whole = await File.ReadAllBytesAsync(archive, Cancellation);
        await MustAsync("init");
        var random = new Random(seed);
        foreach (var damaged in (byte[][])[whole[..^1], whole[..(whole.Length / 2)], whole[..30], Flip(whole, random.Next(30, whole.Length - 100)), Flip(whole, whole.Length / 2)])
        {
            await File.WriteAllBytesAsync(archive, damaged, Cancellation);
            await FailAsync(ExitCodes.Damaged, ErrorCode.ArchiveDamaged, archive, "archive", "restore", archive, Target);
            await FailAsync(ExitCodes.Damaged, ErrorCode.ArchiveDamaged, archive, "import", archive);
            await AssertNamedAsync(archive, "archive", "verify", archive);
            await AssertNamedAsync(archive, "archive", "verify", Archives);
        }

        // The others are listed all the same, and the damaged one is named after them.
        var other = await ArchiveAsync("--format", format);
        await File.WriteAllBytesAsync(archive, whole[..^1], Cancellation);
        var listed = (await RunAsync("archive", "list", Archives)).MustExit(ExitCodes.Damaged).Summary;
        Assert.Equal(other, Assert.Single(listed.GetProperty("backups").EnumerateArray()).GetProperty("archive").GetString());
        Assert.Equal(archive, Assert.Single(listed.GetProperty("problems").EnumerateArray()).GetProperty("object").GetString());
        Assert.Equal(files.Documents, (await MustAsync("archive", "restore", other, Target)).GetProperty("documents").GetInt64());
    }

    [Fact]
    public async Task A_fifo_is_never_waited_for()
    {
        SkipOnWindows();
        TantivyFiles.Create(Index, segments: 1);
        var archive = await ArchiveAsync();
        var fifo = Path.Combine(Archives, "backup_full_20260101_000000.tar.gz");
        using (var made = Process.Start("mkfifo", [fifo]))
        {
            await made.WaitForExitAsync(Cancellation);
        }

        await FailAsync(ExitCodes.Failed, ErrorCode.IoFailed, fifo, "archive", "restore", fifo, Target);
        await AssertNamedAsync(fifo, "archive", "list", Archives);
        await MustAsync("archive", "restore", archive, Target);
    }

    [Fact]
    public async Task A_target_or_file_that_exists_is_left_alone()
    {
        TantivyFiles.Create(Index, segments: 1);
        var archive = await ArchiveAsync();
        await FailAsync(ExitCodes.Refused, ErrorCode.TargetExists, Index, "archive", "restore", archive, Index);
        await FailAsync(ExitCodes.Refused, ErrorCode.PathsOverlap, Archives, "archive", "restore", archive, Archives, "--replace");
        var other = Directory.CreateDirectory(PathOf("other")).FullName;
        await File.WriteAllTextAsync(Path.Combine(other, "mine"), "mine", Cancellation);
        await FailAsync(ExitCodes.Refused, ErrorCode.TargetNotAnIndex, other, "archive", "restore", archive, other, "--replace");
        await MustAsync("init");
        await MustAsync("backup", Index);
        await FailAsync(ExitCodes.Refused, ErrorCode.TargetExists, archive, "export", "latest", archive);
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, PathOf("gone"), "archive", "restore", archive, Target, "--reuse", PathOf("gone"));
    }

    [Fact]
    public async Task Archives_and_an_index_do_not_lie_in_one_another()
    {
        TantivyFiles.Create(Index, segments: 1);
        await FailAsync(ExitCodes.Refused, ErrorCode.PathsOverlap, Index, "archive", "create", Index, Index);
        await FailAsync(ExitCodes.Refused, ErrorCode.PathsOverlap, Index, "archive", "create", Index, Path.Combine(Index, "archives"));
        Directory.CreateSymbolicLink(PathOf("link"), Index);
        await FailAsync(ExitCodes.Refused, ErrorCode.PathsOverlap, Index, "archive", "create", Index, PathOf("link", "archives"));
    }

    [Fact]
    public async Task What_is_no_index_or_a_damaged_one_is_refused_and_no_directory_is_made()
    {
        var empty = Directory.CreateDirectory(PathOf("empty")).FullName;
        await FailAsync(ExitCodes.NotAnIndex, ErrorCode.NotAnIndex, empty, "archive", "create", empty, Archives);
        await FailAsync(ExitCodes.Failed, ErrorCode.PathNotFound, Index, "archive", "create", Index, Archives);
        var files = TantivyFiles.Create(Index, segments: 1);
        var victim = files.LiveFiles.First(file => file.EndsWith(".idx", StringComparison.Ordinal));
        await File.WriteAllBytesAsync(files.PathOf(victim), Flip(await File.ReadAllBytesAsync(files.PathOf(victim), Cancellation), 7), Cancellation);
        await FailAsync(ExitCodes.Refused, ErrorCode.SourceDamaged, victim, "archive", "create", Index, Archives);
        var allowed = (await RunAsync("archive", "create", Index, Archives, "--allow-damaged")).MustExit(ExitCodes.Incomplete).Summary;
        Assert.Equal(victim, Assert.Single(allowed.GetProperty("damagedFiles").EnumerateArray()).GetString());
        (await RunAsync("archive", "restore", allowed.GetProperty("archive").GetString()!, Target)).MustExit(ExitCodes.Incomplete);
    }

    private static byte[] Flip(byte[] whole, int position)
    {
        byte[] flipped = [.. whole];
        flipped[position] ^= 4;
        return flipped;
    }

    private async Task<string> ArchiveAsync(params IEnumerable<string> options) =>
        (await MustAsync(["archive", "create", Index, Archives, .. options])).GetProperty("archive").GetString()!;

    /// <summary>Ends with 20, and names the archive and nothing else.</summary>
    private async Task AssertNamedAsync(string archive, params IReadOnlyList<string> arguments)
    {
        var before = Tree();
        var run = (await RunAsync(arguments)).MustExit(ExitCodes.Damaged);
        var problem = Assert.Single(run.Summary.GetProperty("problems").EnumerateArray());
        Assert.Equal(archive, problem.GetProperty("object").GetString());
        Assert.Contains(archive, problem.GetProperty("problem").GetString()!, StringComparison.Ordinal);
        AssertSame(before, Tree(), run);
    }
}
