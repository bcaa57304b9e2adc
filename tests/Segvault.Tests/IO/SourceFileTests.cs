using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.IO;

public sealed class SourceFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_opened_file_can_be_read_at_any_offset()
    {
        using SafeFileHandle file = SourceFile.OpenRead(Create());
        var buffer = new byte[4];

        Assert.Equal(4, RandomAccess.Read(file, buffer, 3));
        Assert.Equal("tent"u8, buffer);
        Assert.Equal(7, RandomAccess.GetLength(file));
    }

    [Fact]
    public async Task An_opened_file_can_be_read_asynchronously()
    {
        using SafeFileHandle file = SourceFile.OpenRead(Create());
        var buffer = new byte[7];

        Assert.Equal(7, await RandomAccess.ReadAsync(file, buffer, 0, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Opening_takes_no_lock()
    {
        string path = Create();
        using SafeFileHandle file = SourceFile.OpenRead(path);

        Assert.Equal(AdvisoryLockResult.Acquired, AdvisoryLock.TryAcquire(path, out AdvisoryLock? held));
        held!.Dispose();
    }

    [Fact]
    public void An_open_file_can_be_deleted_and_still_be_read()
    {
        string path = Create();
        using SafeFileHandle file = SourceFile.OpenRead(path);

        File.Delete(path);

        Assert.Equal(7, RandomAccess.Read(file, new byte[10], 0));
    }

    [LinuxFact("Uses commands of Linux.")]
    public void A_fifo_is_refused_without_waiting_for_a_writer()
    {
        string path = _directory.Combine("fifo");
        Assert.SkipUnless(ShellProcess.Run("mkfifo \"$1\"", path) == 0, "There is no mkfifo.");

        Assert.Contains("pipe", Assert.Throws<IOException>(() => SourceFile.OpenRead(path)).Message, StringComparison.Ordinal);
    }

    [UnixFact("Symbolic links need a privilege.")]
    public void Symbolic_links_directories_and_sockets_are_refused_by_what_they_are()
    {
        File.CreateSymbolicLink(_directory.Combine("link"), Create());
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_directory.Combine("socket")));

        Assert.Contains("a symbolic link", Refusal("link"), StringComparison.Ordinal);
        Assert.Contains("a directory", Refusal("."), StringComparison.Ordinal);
        Assert.Contains("socket, not a regular", Refusal("socket"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_a_missing_directory_are_told_apart()
    {
        Assert.Throws<FileNotFoundException>(() => SourceFile.OpenRead(_directory.Combine("none")));
        Assert.Throws<DirectoryNotFoundException>(() => SourceFile.OpenRead(_directory.Combine("none", "file")));
    }

    [UnixFact("Files have no mode on Windows.")]
    [Trait("needs", "ordinary-user")]
    public void A_file_that_may_not_be_read_is_reported_with_its_owner()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root may read every file.");
        string path = Create();
        Assert.True(FileOwnership.TryChangeMode(path, UnixFileMode.None));

        var e = Assert.Throws<UnauthorizedAccessException>(() => SourceFile.OpenRead(path));

        Assert.Contains($"belongs to {Environment.UserName}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Some_handles_are_free() => Assert.InRange(SourceFile.CountFreeHandles(), 1, int.MaxValue);

    private string Refusal(string name) => Assert.Throws<IOException>(() => SourceFile.OpenRead(_directory.Combine(name))).Message;

    private string Create()
    {
        string path = _directory.Combine("file");
        File.WriteAllText(path, "content");
        return path;
    }
}
