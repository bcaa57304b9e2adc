using System.Diagnostics;
using System.Net.Sockets;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Names in an index directory that are not files: they are never opened, so nothing waits for the other end of a FIFO.</summary>
public sealed class OddFiles : BadInputTest
{
    public OddFiles() => SkipOnWindows();

    [Theory]
    [InlineData("link")]
    [InlineData("fifo")]
    [InlineData("socket")]
    [InlineData("directory")]
    public async Task In_place_of_a_live_file_they_are_damage(string kind)
    {
        await MustAsync("init");
        var files = TantivyFiles.Create(Index, segments: 1);
        var victim = files.LiveFiles.First(file => file.EndsWith(".idx", StringComparison.Ordinal));
        await ReplaceAsync(files.PathOf(victim), kind);

        await FailAsync(ExitCodes.Refused, ErrorCode.SourceDamaged, victim, "backup", Index);
        (await RunAsync("inspect", Index)).MustExit(ExitCodes.Damaged);
        (await RunAsync("backup", Index, "--allow-damaged")).MustExit(ExitCodes.Incomplete);
        await MustAsync("verify", "--read-data");
    }

    [Theory]
    [InlineData("link")]
    [InlineData("fifo")]
    [InlineData("directory")]
    public async Task In_place_of_the_commit_file_they_are_damage(string kind)
    {
        await MustAsync("init");
        var files = TantivyFiles.Create(Index, segments: 1);
        await ReplaceAsync(files.PathOf("meta.json"), kind);

        await FailAsync(ExitCodes.Damaged, ErrorCode.IndexDamaged, files.PathOf("meta.json"), "backup", Index);
        (await RunAsync("inspect", Index)).MustExit(ExitCodes.Damaged);
    }

    [Fact]
    public async Task Beside_the_live_files_they_are_counted_and_left_alone()
    {
        await MustAsync("init");
        var files = TantivyFiles.Create(Index, segments: 1);
        foreach (var kind in (string[])["link", "fifo", "socket", "directory"])
        {
            await MakeAsync(files.PathOf($"a-{kind}"), kind);
        }

        var before = Tree(Index);
        Assert.Equal(4, (await MustAsync("backup", Index)).GetProperty("foreignFiles").GetInt32());
        await MustAsync("inspect", Index);
        Assert.Equal(before, Tree(Index));
    }

    [Theory]
    [InlineData("fifo")]
    [InlineData("directory")]
    [InlineData("link")]
    public async Task In_place_of_a_lock_they_hold_nothing_up(string kind)
    {
        await MustAsync("init");
        var files = TantivyFiles.Create(Index, segments: 1);
        foreach (var name in (string[])[".tantivy-meta.lock", ".tantivy-writer.lock", ".managed.json"])
        {
            await ReplaceAsync(files.PathOf(name), kind);
            await MustAsync("backup", Index, "--full");
            await MustAsync("inspect", Index);
        }

        await FailAsync(ExitCodes.Failed, ErrorCode.IoFailed, files.PathOf(".tantivy-writer.lock"), "backup", Index, "--require-idle");
        await FailAsync(ExitCodes.Failed, ErrorCode.IoFailed, files.PathOf(".tantivy-writer.lock"), "restore", "latest", Index, "--replace");
    }

    [Theory]
    [InlineData("fifo")]
    [InlineData("directory")]
    public async Task In_place_of_our_lock_a_backup_goes_on_and_says_why_it_is_not_locked(string kind)
    {
        await MustAsync("init");
        var files = TantivyFiles.Create(Index, segments: 1);
        var path = files.PathOf(".segvault.lock");
        await MakeAsync(path, kind);

        var run = (await RunAsync("backup", Index)).MustExit(0);
        Assert.False(run.Summary.GetProperty("locked").GetBoolean());
        Assert.Contains(path, run.Lines.Single(line => line.GetProperty("type").GetString() == "warning").GetProperty("message").GetString()!, StringComparison.Ordinal);
        await FailAsync(ExitCodes.Failed, ErrorCode.IoFailed, path, "restore", "latest", Index, "--replace");
    }

    [Fact]
    public async Task A_fifo_in_place_of_the_repository_s_description_is_not_opened()
    {
        await MustAsync("init");
        await ReplaceAsync(Path.Combine(Repository, "segvault.json"), "fifo");

        await FailAsync(ExitCodes.NoRepository, ErrorCode.RepositoryNotFound, Repository, "list");
        await FailAsync(ExitCodes.Refused, ErrorCode.RepositoryNotEmpty, "segvault.json", "init");
    }

    private static Task ReplaceAsync(string path, string kind)
    {
        if (Directory.Exists(path))
            Directory.Delete(path);
        File.Delete(path);
        return MakeAsync(path, kind);
    }

    private static async Task MakeAsync(string path, string kind)
    {
        switch (kind)
        {
            case "link":
                File.CreateSymbolicLink(path, "/etc/passwd");
                break;
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "socket":
                // Closing the socket deletes the name it was bound to.
                using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
                {
                    socket.Bind(new UnixDomainSocketEndPoint(path));
                    File.Move(path, path + "~");
                }

                File.Move(path + "~", path);
                break;
            default:
                using (var made = Process.Start("mkfifo", [path]))
                {
                    await made.WaitForExitAsync(Cancellation);
                }

                break;
        }
    }
}
