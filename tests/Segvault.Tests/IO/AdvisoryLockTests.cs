using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class AdvisoryLockTests : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_locked_file_is_busy_until_released()
    {
        string path = Create();
        using (AdvisoryLock held = Acquire(path))
        {
            Assert.Equal(AdvisoryLockResult.Busy, AdvisoryLock.TryAcquire(path, out AdvisoryLock? second));
            Assert.Null(second);
            Assert.Equal(path, held.Path);
        }

        Acquire(path).Dispose();
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_missing_file_is_missing_and_is_not_created()
    {
        Assert.Equal(AdvisoryLockResult.Missing, AdvisoryLock.TryAcquire(_directory.Combine("none"), out _));
        Assert.Equal(AdvisoryLockResult.Missing, AdvisoryLock.TryAcquire(_directory.Combine("none", "file"), out _));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [LinuxFact("Uses commands of Linux.")]
    public void A_locked_file_is_busy_for_another_process()
    {
        const string TryToLock = """flock --nonblock --conflict-exit-code 7 "$1" true""";
        string path = Create();
        using AdvisoryLock held = Acquire(path);

        Assert.Equal(7, ShellProcess.Run(TryToLock, path));
        held.Dispose();
        Assert.Equal(0, ShellProcess.Run(TryToLock, path));
    }

    [LinuxTheory("Uses commands of Linux.")]
    [InlineData("--exclusive")]
    [InlineData("--shared")]
    public void A_lock_of_another_process_ends_when_it_is_killed(string kind)
    {
        string path = Create();
        using var other = ShellProcess.Start("""exec 9<>"$1" && flock "$2" 9 && echo ready && exec cat""", path, kind);
        Assert.Equal(AdvisoryLockResult.Busy, AdvisoryLock.TryAcquire(path, out _));

        other.Kill();

        Acquire(path).Dispose();
    }

    [UnixFact("Files have no mode on Windows.")]
    [Trait("needs", "ordinary-user")]
    public void A_file_that_may_only_be_read_can_be_locked_but_not_written()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root may write every file.");
        string path = Create();
        Assert.True(FileOwnership.TryChangeMode(path, UnixFileMode.UserRead));
        using AdvisoryLock held = Acquire(path);

        held.WriteContent("other"u8);

        Assert.Equal("content", Read(path));
    }

    [LinuxFact("Uses commands of Linux.")]
    public void Links_directories_and_pipes_are_not_locked()
    {
        File.CreateSymbolicLink(_directory.Combine("link"), Create());
        Assert.SkipUnless(ShellProcess.Run("mkfifo \"$1\"", _directory.Combine("fifo")) == 0, "There is no mkfifo.");

        Assert.Equal(AdvisoryLockResult.Unsupported, AdvisoryLock.TryAcquire(_directory.Combine("link"), out _));
        Assert.Equal(AdvisoryLockResult.Unsupported, AdvisoryLock.TryAcquire(_directory.Combine("fifo"), out _));
        Assert.Equal(AdvisoryLockResult.Unsupported, AdvisoryLock.TryAcquire(_directory.Path, out _));
        Assert.Throws<IOException>(() => AdvisoryLock.TryCreateAndAcquire(_directory.Combine("link"), Mode, out _));
        Assert.Throws<IOException>(() => AdvisoryLock.TryCreateAndAcquire(_directory.Combine("fifo"), Mode, out _));
    }

    [Fact]
    public void Content_is_replaced_by_shorter_and_longer()
    {
        string path = _directory.Combine("lock");
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryCreateAndAcquire(path, Mode, out AdvisoryLock? held));

        held!.WriteContent("a long line"u8);
        held.WriteContent("short"u8);
        Assert.Equal("short", Read(path));
        held.WriteContent("a longer line again"u8);
        Assert.Equal("a longer line again", Read(path));
        held.Dispose();
    }

    [UnixFact("Lock files stay on Windows.")]
    public void A_created_file_has_the_mode_asked_for_and_is_deleted_with_the_lock()
    {
        string path = _directory.Combine("lock");
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryCreateAndAcquire(path, Mode, out AdvisoryLock? held));
        Assert.Equal(Mode, FileStatus.TryRead(path)!.Mode);
        Assert.True(held!.IsStillAt(path));

        held.DeleteAndRelease();
        held.DeleteAndRelease();

        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [UnixFact("Lock files stay on Windows.")]
    public void A_file_that_took_the_place_of_the_locked_one_is_not_deleted()
    {
        string path = _directory.Combine("lock");
        AdvisoryLock.TryCreateAndAcquire(path, Mode, out AdvisoryLock? held);
        File.Delete(path);
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryCreateAndAcquire(path, Mode, out AdvisoryLock? newcomer));
        Assert.False(held!.IsStillAt(path));

        held.DeleteAndRelease();

        Assert.True(newcomer!.IsStillAt(path));
        Assert.Equal(AdvisoryLockResult.Busy, AdvisoryLock.TryCreateAndAcquire(path, Mode, out _));
        newcomer.Dispose();
    }

    [UnixFact("Lock files stay on Windows.")]
    public void A_file_that_has_another_name_is_replaced_and_never_written()
    {
        string other = Create();
        string path = _directory.Combine("lock");
        Assert.True(FileLinks.TryHardLink(other, path));

        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryCreateAndAcquire(path, Mode, out AdvisoryLock? held));
        held!.WriteContent("holder"u8);

        Assert.True(held.IsStillAt(path));
        Assert.Equal("content", Read(other));
        Assert.Equal("holder", Read(path));
        held.Dispose();
    }

    [UnixFact("Files have no Unix owner on Windows.")]
    public void A_file_that_root_creates_belongs_to_the_owner_of_the_directory()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can give files away.");
        Assert.True(FileOwnership.TryChange(_directory.Path, 12345, 54321));

        AdvisoryLock.TryCreateAndAcquire(_directory.Combine("lock"), Mode, out AdvisoryLock? held);

        FileStatus status = FileStatus.TryRead(held!.Path)!;
        Assert.Equal((12345u, 54321u), (status.UserId, status.GroupId));
        held.Dispose();
    }

    [Fact]
    public void Creating_where_there_is_no_directory_throws() =>
        Assert.Throws<DirectoryNotFoundException>(() => AdvisoryLock.TryCreateAndAcquire(_directory.Combine("none", "lock"), Mode, out _));

    private static AdvisoryLock Acquire(string path)
    {
        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(path, out AdvisoryLock? held));
        return held!;
    }

    private static string Read(string path)
    {
        using var file = SourceFile.OpenRead(path);
        var buffer = new byte[100];
        return System.Text.Encoding.UTF8.GetString(buffer, 0, RandomAccess.Read(file, buffer, 0));
    }

    private string Create()
    {
        string path = _directory.Combine("file");
        File.WriteAllText(path, "content");
        return path;
    }
}
