using System.Diagnostics;
using System.Globalization;
using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>
/// Restores that are killed by SIGKILL right before one of the calls that change names: once before every single one of them. The next run
/// must find the old index or the new one, whole, and leave nothing behind.
/// </summary>
public sealed class KilledRestores : IAsyncLifetime
{
    // Each with the variants that a system may have instead.
    private static readonly string[] Calls = ["rename,renameat", "renameat2", "link,linkat", "unlink,unlinkat", "rmdir"];

    private RestoreBench _bench = null!;
    private BackupId _before;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        TestBench.Require(TestBench.FindProgram("strace") is not null, "strace is not installed: it kills the process at a certain system call");
        _bench = await RestoreBench.CreateAsync(Token, segments: 1, bytesPerFile: 200);
        _before = await _bench.BackUpAsync(Token);
        _bench.Index.AddDelete(_bench.Index.Segments[0], 3);
        _bench.Index.AddSegment(10);
        _bench.Index.WriteMeta();
        await _bench.Manager.RestoreBackupAsync(_before, _bench.Combine("before"), cancellationToken: Token);
    }

    public ValueTask DisposeAsync() => _bench is null ? default : _bench.DisposeAsync();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task After_a_kill_at_any_step_the_next_run_finds_the_old_or_the_new_index_whole(bool inPlace, bool keepPrevious)
    {
        // The same name with other content: it has to be set aside.
        var store = _bench.Index.PathOf(_bench.Index.Segments[0].Id + ".store");
        var bytes = File.ReadAllBytes(store);
        bytes[3] ^= 1;
        File.WriteAllBytes(store, bytes);
        var restore = new KilledRestore(
            inPlace, keepPrevious, DirectoryPicture.Contents(_bench.Index.Directory), DirectoryPicture.Contents(_bench.Combine("before")));
        var outcomes = new List<bool>();
        foreach (var calls in Calls)
        {
            for (var count = 1; await KillAsync(restore, calls, count) is { } replaced; count++)
                outcomes.Add(replaced);
        }

        TestContext.Current.SendDiagnosticMessage($"{outcomes.Count} kills, {outcomes.Count(replaced => replaced)} of them after the index was replaced");
        Assert.InRange(outcomes.Count, 20, 200);
        Assert.Contains(true, outcomes);
        Assert.Contains(false, outcomes);
    }

    /// <summary>Restores to a copy of the index and kills that before a call; says whether the index was replaced by then. Null when it came to its end.</summary>
    private async Task<bool?> KillAsync(KilledRestore restore, string calls, int count)
    {
        var place = Directory.CreateDirectory(_bench.Combine("place")).FullName;
        var target = Path.Combine(place, "index");
        Assert.Equal(0, await RunAsync("cp", "-a", _bench.Index.Directory, target));
        File.WriteAllText(Path.Combine(target, "config.toml"), "mine");

        var exit = await RestoreAsync(restore, target, calls, count);

        var replaced = File.ReadAllBytes(Path.Combine(target, "meta.json")).AsSpan().SequenceEqual(File.ReadAllBytes(_bench.Combine("before", "meta.json")));
        if (exit == 0)
            Assert.True(replaced);
        else
            await EnsureSettledAsync(restore, target, replaced);
        Directory.Delete(place, recursive: true);
        return exit == 0 ? null : replaced;
    }

    private async Task EnsureSettledAsync(KilledRestore restore, string target, bool replaced)
    {
        if (restore.InPlace)
        {
            // A backup settles it too, and changes nothing else.
            var options = new BackupOptions { Name = "settled", AllowDamaged = true };
            await _bench.Manager.CreateBackupAsync(IndexSource.Open(target), options, cancellationToken: Token);
            Assert.Empty(Directory.EnumerateFileSystemEntries(target, ".segvault*"));
        }

        Assert.Equal(replaced ? restore.Wanted : restore.Old, Index(target));
        var again = await _bench.ReplaceAsync(_before, target);
        Assert.Equal(restore.Wanted, Index(target));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(target, "config.toml")));
        Assert.Empty(await RestoreBench.FindProblemsAsync(target, Token));
        var others = Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(target)!).Where(path => path != target).ToList();
        Assert.All(others, path => Assert.StartsWith(target + ".previous-", path, StringComparison.Ordinal));
        if (replaced && restore.KeepPrevious)
            Assert.Equal(restore.Old, Index(Assert.Single(others)));
        Assert.All(again.Warnings, warning => Assert.Contains(warning.Code, new[] { ErrorCode.LeftoverFound, ErrorCode.ReopenWriter }));
    }

    private static SortedDictionary<string, string> Index(string directory)
    {
        var picture = DirectoryPicture.Contents(directory);
        picture.Remove("config.toml");
        foreach (var own in picture.Keys.Where(name => name.StartsWith(".segvault", StringComparison.Ordinal)).ToList())
            picture.Remove(own);
        return picture;
    }

    private Task<int> RestoreAsync(KilledRestore restore, string target, string calls, int count)
    {
        List<string> arguments =
        [
            "-f", "-qq", "-o", "/dev/null", "-e", $"trace={calls}",
            "-e", string.Create(CultureInfo.InvariantCulture, $"inject={calls}:signal=SIGKILL:when={count}"),
            SegvaultProcess.Executable, "restore", _before.ToString(), target, "-r", _bench.Combine("repository"), "--replace", "--quiet",
        ];
        if (restore.InPlace)
            arguments.Add("--in-place");
        if (restore.KeepPrevious)
            arguments.Add("--keep-previous");
        return RunAsync("strace", [.. arguments]);
    }

    private static async Task<int> RunAsync(string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DOTNET_EnableDiagnostics"] = "0";

        // strace counts the calls of every thread by itself, so one thread is to make them all.
        start.Environment["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "1";
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        using var process = Process.Start(start)!;
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.WaitForExitAsync(Token);
        return process.ExitCode;
    }

    private sealed record KilledRestore(bool InPlace, bool KeepPrevious, SortedDictionary<string, string> Old, SortedDictionary<string, string> Wanted);
}
