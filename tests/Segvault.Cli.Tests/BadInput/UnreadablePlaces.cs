using System.Runtime.Versioning;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>What another user may not read or write. Root may everything, so the command runs as nobody there.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class UnreadablePlaces : BadInputTest
{
    private const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly SegvaultProcess Nobody = new() { Through = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] };

    public UnreadablePlaces()
    {
        SkipOnWindows();
        Assert.SkipUnless(Environment.UserName == "root", "Only root can become another user.");
        File.SetUnixFileMode(Root, Open | UnixFileMode.OtherWrite);
    }

    [Fact]
    public async Task A_file_or_directory_of_an_index_is_named_with_its_owner()
    {
        await MustNobodyAsync("init");
        var files = TantivyFiles.Create(Index, segments: 1);
        MakeReadable(Index);
        var victim = files.PathOf(files.LiveFiles[0]);
        foreach (var path in (string[])[victim, files.PathOf("meta.json"), Index])
        {
            var mode = File.GetUnixFileMode(path);
            File.SetUnixFileMode(path, UnixFileMode.None);
            foreach (var command in (string[])["backup", "inspect"])
            {
                var error = await FailAsync(Nobody, ExitCodes.Failed, ErrorCode.PermissionDenied, path, command, Index);
                Assert.Contains("root", error.GetProperty("message").GetString()!, StringComparison.Ordinal);
            }

            File.SetUnixFileMode(path, path == Index ? mode : Open);
        }
    }

    [Fact]
    public async Task A_repository_is_named_with_its_owner()
    {
        TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        await MustAsync("backup", Index);

        foreach (var arguments in (string[][])[["list"], ["verify"], ["show", "latest"], ["restore", "latest", Target], ["backup", Index], ["init"]])
        {
            var error = await FailAsync(Nobody, ExitCodes.Failed, ErrorCode.PermissionDenied, Repository, arguments);
            Assert.Contains("root", error.GetProperty("message").GetString()!, StringComparison.Ordinal);
        }

        var closed = Directory.CreateDirectory(PathOf("closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute).FullName;
        await FailAsync(Nobody, ExitCodes.Failed, ErrorCode.PermissionDenied, closed, "init", "-r", Path.Combine(closed, "repository"));
    }

    [Fact]
    public async Task A_target_is_named_with_its_owner()
    {
        TantivyFiles.Create(Index, segments: 1);
        MakeReadable(Index);

        await MustNobodyAsync("init");
        await MustNobodyAsync("backup", Index);
        var closed = Directory.CreateDirectory(PathOf("closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;

        // Not even whether these exist can be seen.
        await FailsAsync(closed, "restore", "latest", Path.Combine(closed, "target"));
        await FailsAsync(closed, "restore", "latest", Path.Combine(closed, "some", "target"));
        await FailsAsync(closed, "restore", "latest", closed);
        File.SetUnixFileMode(closed, Open);
        await FailsAsync(closed, "restore", "latest", Path.Combine(closed, "target"));
        await FailsAsync(closed, "restore", "latest", closed);
        await FailsAsync(Index, "restore", "latest", Index, "--replace");
        await MustNobodyAsync("verify", "--read-data");
    }

    [Fact]
    public async Task An_archive_is_named_with_its_owner()
    {
        TantivyFiles.Create(Index, segments: 1);
        MakeReadable(Index);
        var archives = PathOf("archives");
        var archive = (await MustAsync("archive", "create", Index, archives)).GetProperty("archive").GetString()!;
        File.SetUnixFileMode(archives, Open);

        await FailsAsync(archive, "archive", "restore", archive, Target);
        await FailsAsync(archives, "archive", "create", Index, archives);
        await FailsAsync(archives, "archive", "create", Index, Path.Combine(archives, "more"));
        var listed = (await RunAsync(Nobody, "archive", "list", archives)).MustExit(ExitCodes.Damaged).Summary;
        Assert.Equal(archive, Assert.Single(listed.GetProperty("problems").EnumerateArray()).GetProperty("object").GetString());
        (await RunAsync(Nobody, "archive", "create", Index, PathOf("own"))).MustExit(0);
    }

    private static void MakeReadable(string directory)
    {
        File.SetUnixFileMode(directory, Open);
        foreach (var file in Directory.GetFiles(directory))
        {
            File.SetUnixFileMode(file, Open);
        }
    }

    private async Task FailsAsync(string mentioned, params IReadOnlyList<string> arguments)
    {
        var error = await FailAsync(Nobody, ExitCodes.Failed, ErrorCode.PermissionDenied, mentioned, arguments);
        Assert.Contains("root", error.GetProperty("message").GetString()!, StringComparison.Ordinal);
    }

    private async Task MustNobodyAsync(params IReadOnlyList<string> arguments) => (await RunAsync(Nobody, arguments)).MustExit(0);
}
