using System.Diagnostics;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>What root may do everywhere, others may not: restores by a user who owns the index and nothing around it.</summary>
public sealed class RestoresOfOrdinaryUsers : IAsyncLifetime
{
    private const uint Nobody = 65534;

    private RestoreBench _bench = null!;
    private BackupId _before;
    private string _parent = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Target => Path.Combine(_parent, "index");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && TestBench.FindProgram("setpriv") is not null, "Needs root and setpriv, to become somebody else.");
        Assert.SkipUnless((await RunAsync("--help")).Exit == 0, "Another user may not run what was built here.");
        _bench = await RestoreBench.CreateAsync(Token);
        (_before, _) = await _bench.BackUpTwiceAsync(Token);
        FileOwnership.TryChangeMode(_bench.Root, (UnixFileMode)0b111_101_101);
        foreach (var path in Directory.EnumerateFileSystemEntries(_bench.Combine("repository"), "*", SearchOption.AllDirectories).Append(_bench.Combine("repository")))
            FileOwnership.TryChange(path, Nobody, Nobody);
        _parent = Directory.CreateDirectory(_bench.Combine("parent")).FullName;
        Directory.Move(_bench.Index.Directory, Target);
        foreach (var path in Directory.EnumerateFileSystemEntries(Target).Append(Target))
            FileOwnership.TryChange(path, Nobody, Nobody);
    }

    public ValueTask DisposeAsync() => _bench is null ? default : _bench.DisposeAsync();

    [Fact]
    public async Task An_index_in_a_directory_that_may_not_be_written_is_restored_in_place()
    {
        var run = await RestoreAsync(Target, "--replace");

        Assert.True(run.Exit == 0, run.Error);
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
        Assert.Equal([Target], Directory.EnumerateFileSystemEntries(_parent));
        Assert.All(Directory.EnumerateFiles(Target), path => Assert.Equal(Nobody, FileStatus.TryRead(path)!.UserId));
    }

    [Fact]
    public async Task A_previous_index_that_cannot_be_kept_stops_the_restore()
    {
        var before = DirectoryPicture.Everything(Target);

        var run = await RestoreAsync(Target, "--replace", "--keep-previous");

        Assert.Equal(1, run.Exit);
        Assert.Contains("permission-denied", run.Error, StringComparison.Ordinal);
        Assert.Contains("--keep-previous", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, DirectoryPicture.Everything(Target));
    }

    [Fact]
    public async Task A_new_index_where_nothing_may_be_written_is_refused_and_the_directory_and_its_owner_are_named()
    {
        var run = await RestoreAsync(Path.Combine(_parent, "a", "b"));

        Assert.Equal(1, run.Exit);
        Assert.Contains($"{_parent} cannot be written; it belongs to root", run.Error, StringComparison.Ordinal);
        Assert.Equal([Target], Directory.EnumerateFileSystemEntries(_parent));
    }

    [Fact]
    public async Task A_file_of_the_old_index_that_cannot_be_read_is_fetched_instead()
    {
        FileOwnership.TryChange(_parent, Nobody, Nobody);
        var kept = Directory.EnumerateFiles(Target, "*.store").Order(StringComparer.Ordinal).ToList();
        foreach (var path in kept)
            FileOwnership.TryChangeMode(path, UnixFileMode.None);

        var run = await RestoreAsync(Target, "--replace");

        Assert.True(run.Exit == 0, run.Error);
        Assert.Empty(await RestoreBench.FindProblemsAsync(Target, Token));
    }

    private Task<(int Exit, string Error)> RestoreAsync(string target, params IReadOnlyList<string> options) =>
        RunAsync(["restore", _before.ToString(), target, "-r", _bench.Combine("repository"), "--quiet", .. options]);

    private static async Task<(int Exit, string Error)> RunAsync(params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", SegvaultProcess.Executable, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var error = await process.StandardError.ReadToEndAsync(Token);
        await output;
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, error);
    }
}
