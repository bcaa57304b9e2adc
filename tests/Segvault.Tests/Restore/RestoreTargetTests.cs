using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Restore;

public sealed class RestoreTargetTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_target_is_made_with_its_parents_and_nothing_else()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);
        var target = bench.Combine("a", "b", "new one");

        var result = await bench.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token);

        Assert.Equal(RestoreMethod.Create, result.Method);
        Assert.Equal(target, result.Target);
        Assert.Empty(result.Warnings);
        Assert.Equal(bench.Index.Documents, result.Documents);
        Assert.Equal(result.Bytes, bench.Index.LiveFiles.Sum(name => new FileInfo(bench.Index.PathOf(name)).Length));
        Assert.Empty(await RestoreBench.FindProblemsAsync(target, Token));
        Assert.Equal(DirectoryPicture.Contents(bench.Index.Directory), DirectoryPicture.Contents(target));
        Assert.Equal([target], Directory.EnumerateFileSystemEntries(bench.Combine("a", "b")));
    }

    [UnixFact("Files have no Unix mode on Windows.")]
    public async Task A_restored_file_has_the_recorded_mode_and_time()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var name = bench.Index.LiveFiles[0];
        var time = new DateTime(2020, 2, 3, 4, 5, 6, 789, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(bench.Index.PathOf(name), time);
        FileOwnership.TryChangeMode(bench.Index.PathOf(name), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        var backup = await bench.BackUpAsync(Token);

        await bench.Manager.RestoreBackupAsync(backup, bench.Combine("new"), cancellationToken: Token);

        var restored = bench.Combine("new", name);
        Assert.Equal(time, File.GetLastWriteTimeUtc(restored));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead, ModeOf(restored));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(bench.Combine("new", "meta.json")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(bench.Combine("new", ".managed.json")));
    }

    [UnixFact("Directories have no Unix mode on Windows.")]
    public async Task A_new_directory_has_the_mode_that_any_other_new_directory_has()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);
        var usual = ModeOf(Directory.CreateDirectory(bench.Combine("usual")).FullName);

        await bench.Manager.RestoreBackupAsync(backup, bench.Combine("x", "new"), cancellationToken: Token);

        Assert.Equal(usual, ModeOf(bench.Combine("x", "new")));
        Assert.Equal(usual, ModeOf(bench.Combine("x")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_empty_directory_is_filled_and_keeps_its_mode(bool inPlace)
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);
        var target = Directory.CreateDirectory(bench.Combine("empty")).FullName;
        Directory.CreateDirectory(Path.Combine(target, "lost+found"));
        FileOwnership.TryChangeMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute);
        var mode = ModeOf(target);

        var result = await bench.Manager.RestoreBackupAsync(backup, target, new RestoreOptions { InPlace = inPlace }, cancellationToken: Token);

        Assert.Equal(inPlace || OperatingSystem.IsWindows() ? RestoreMethod.InPlace : RestoreMethod.Exchange, result.Method);
        Assert.Empty(await RestoreBench.FindProblemsAsync(target, Token));
        Assert.True(Directory.Exists(Path.Combine(target, "lost+found")));
        Assert.Empty(Directory.EnumerateFiles(target, ".tantivy-*"));
        Assert.Equal(["empty", "index", "repository"], Names(bench.Root));
        Assert.Equal(mode, ModeOf(target));
    }

    [Fact]
    public async Task A_directory_with_nothing_but_lock_files_counts_as_empty_and_its_locks_stay_the_same_files()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);
        var target = Directory.CreateDirectory(bench.Combine("empty")).FullName;
        var lockFile = Path.Combine(target, ".tantivy-writer.lock");
        File.WriteAllBytes(lockFile, []);
        var inode = FileStatus.TryRead(lockFile)!.Identity;

        using (AcquireWriterLock(lockFile))
        {
            var busy = await Assert.ThrowsAsync<IndexBusyException>(() => bench.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token));
            Assert.Equal(ErrorCode.WriterActive, busy.Code);
        }

        await bench.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token);
        Assert.Equal(inode, FileStatus.TryRead(lockFile)!.Identity);
        Assert.Empty(await RestoreBench.FindProblemsAsync(target, Token));
    }

    [Theory]
    [InlineData("file", ErrorCode.TargetExists)]
    [InlineData("full", ErrorCode.TargetNotAnIndex)]
    [InlineData("repository/index", ErrorCode.PathsOverlap)]
    [InlineData("", ErrorCode.PathsOverlap)]
    [InlineData("index", ErrorCode.TargetExists)]
    [InlineData("link to index", ErrorCode.TargetExists, Skip = "Symbolic links cannot be made here.", SkipType = typeof(TestMachine), SkipUnless = nameof(TestMachine.MakesSymbolicLinks))]
    [InlineData("index/../repository", ErrorCode.PathsOverlap)]
    public async Task What_must_not_be_replaced_is_refused_and_not_touched(string name, string code)
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);
        File.WriteAllText(bench.Combine("file"), "mine");
        Directory.CreateDirectory(bench.Combine("full"));
        File.WriteAllText(bench.Combine("full", "meta.json"), "{}");
        if (TestMachine.MakesSymbolicLinks)
            Directory.CreateSymbolicLink(bench.Combine("link to index"), "index");
        var before = DirectoryPicture.Everything(bench.Root);
        RestoreOptions[] attempts = code == ErrorCode.TargetExists && name != "file"
            ? [new()]
            : [new(), new() { IfTargetExists = IfTargetExists.Replace }, new() { IfTargetExists = IfTargetExists.Replace, InPlace = true }];

        foreach (var options in attempts)
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(() => bench.Manager.RestoreBackupAsync(backup, bench.Combine(name), options, cancellationToken: Token));
            Assert.Equal(code, refused.Code);
            await Assert.ThrowsAsync<RefusedException>(() => bench.Manager.PlanRestoreAsync(backup, bench.Combine(name), options, Token));
        }

        Assert.Equal(before, DirectoryPicture.Everything(bench.Root));
    }

    [Fact]
    public async Task The_root_of_the_file_system_is_refused()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);

        await Assert.ThrowsAsync<RefusedException>(() => bench.ReplaceAsync(backup, Path.GetPathRoot(bench.Root)!));
    }

    [SymbolicLinkFact]
    public async Task A_link_that_leads_nowhere_stays_and_leads_to_the_index()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var (before, after) = await bench.BackUpTwiceAsync(Token);
        var link = bench.Combine("current");
        var versions = Path.Combine("versions", "one");
        Directory.CreateSymbolicLink(link, versions);

        await bench.Manager.RestoreBackupAsync(before, link, cancellationToken: Token);
        await bench.ReplaceAsync(after, link);

        Assert.Equal(versions, new FileInfo(link).LinkTarget);
        Assert.Equal(DirectoryPicture.Contents(bench.Index.Directory), DirectoryPicture.Contents(bench.Combine("versions", "one")));
        Assert.Equal(["one"], Names(bench.Combine("versions")));
    }

    [SymbolicLinkFact]
    public async Task Links_in_a_circle_are_an_error()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);
        Directory.CreateSymbolicLink(bench.Combine("a"), "b");
        Directory.CreateSymbolicLink(bench.Combine("b"), "a");

        var failure = await Assert.ThrowsAsync<IOException>(() => bench.Manager.RestoreBackupAsync(backup, bench.Combine("a", "x"), cancellationToken: Token));

        Assert.Contains("circle", failure.Message, StringComparison.Ordinal);
    }

    [UnixTheory("Windows has other rules for names.")]
    [InlineData("*")]
    [InlineData("name with spaces, ünïcode\nand a new line")]
    [InlineData(".hidden")]
    public async Task A_target_may_have_any_name(string name)
    {
        await AnyNameWorksAsync(name);
    }

    [Fact]
    public async Task A_target_may_have_a_name_of_255_bytes() => await AnyNameWorksAsync(new string('ü', 127) + "x");

    [UnixFact("Directories have no Unix mode on Windows.")]
    [Trait("needs", "ordinary-user")]
    public async Task A_parent_that_may_not_be_written_is_named_with_its_owner()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root may write everywhere.");
        await using var bench = await RestoreBench.CreateAsync(Token);
        var backup = await bench.BackUpAsync(Token);
        var parent = Directory.CreateDirectory(bench.Combine("locked")).FullName;
        FileOwnership.TryChangeMode(parent, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var failure = await Assert.ThrowsAsync<SegvaultException>(
            () => bench.Manager.RestoreBackupAsync(backup, Path.Combine(parent, "a", "b"), cancellationToken: Token));

        Assert.Equal(ErrorCode.PermissionDenied, failure.Code);
        Assert.Contains(parent, failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(parent));
    }

    [Fact]
    public async Task A_plan_changes_nothing()
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var (before, _) = await bench.BackUpTwiceAsync(Token);
        var picture = DirectoryPicture.Everything(bench.Root);

        var create = await bench.Manager.PlanRestoreAsync(before, bench.Combine("x", "y"), cancellationToken: Token);
        var replace = await bench.Manager.PlanRestoreAsync(before, bench.Index.Directory, new() { IfTargetExists = IfTargetExists.Replace }, Token);

        Assert.Equal(picture, DirectoryPicture.Everything(bench.Root));
        Assert.Equal((RestoreMethod.Create, false), (create.Method, create.ReplacesIndex));
        Assert.Equal(create.Files.Sum(file => file.Length), create.Backup.TotalSize);
        Assert.True(create.SpaceNeeded >= create.Backup.TotalSize);
        Assert.True(replace.ReplacesIndex);
        Assert.Equal(6, replace.Files.Count(file => file.Reused));
        Assert.InRange(replace.BytesToFetch, 1, create.BytesToFetch - 1);
    }

    [Fact]
    public void An_owner_that_does_not_exist_is_refused_at_once() =>
        Assert.Throws<ArgumentException>(() => new RestoreOptions { Owner = "no-such-user-here" });

    private static UnixFileMode? ModeOf(string path) => FileStatus.TryRead(path)!.Mode;

    private static AdvisoryLock AcquireWriterLock(string path)
    {
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(path, out var held));
        return held!;
    }

    private static string[] Names(string directory) =>
        [.. Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static async Task AnyNameWorksAsync(string name)
    {
        await using var bench = await RestoreBench.CreateAsync(Token);
        var (before, after) = await bench.BackUpTwiceAsync(Token);
        var other = Directory.CreateDirectory(bench.Combine("places", ".other.segvault-restore-0123456789abcdef0123456789abcdef"));
        File.WriteAllText(Path.Combine(other.FullName, ".segvault-staging"), "somebody else's");
        var target = bench.Combine("places", name);

        await bench.Manager.RestoreBackupAsync(before, target, cancellationToken: Token);
        var exchanged = await bench.ReplaceAsync(after, target, new RestoreOptions { KeepPrevious = true });
        var inPlace = await bench.ReplaceAsync(before, target, new RestoreOptions { KeepPrevious = true, InPlace = true });

        Assert.All(exchanged.Warnings.Concat(inPlace.Warnings), warning => Assert.Equal(ErrorCode.ReopenWriter, warning.Code));
        Assert.Empty(await RestoreBench.FindProblemsAsync(target, Token));
        Assert.Equal(4, Names(bench.Combine("places")).Length);
        Assert.Empty(await RestoreBench.FindProblemsAsync(exchanged.Previous!, Token));
        Assert.Empty(await RestoreBench.FindProblemsAsync(inPlace.Previous!, Token));
    }
}
