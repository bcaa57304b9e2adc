using System.Globalization;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>
/// Snapshots that are killed by SIGKILL right before one of the calls that change names: once before every single one of them. What is at the
/// place is nothing or whole, the index is as it was, and the next run leaves nothing behind.
/// </summary>
public sealed class KilledSnapshots : IDisposable
{
    // Each with the variants that a system may have instead.
    private static readonly string[] Calls = ["rename,renameat", "renameat2", "link,linkat", "mkdir,mkdirat", "unlink,unlinkat", "rmdir"];

    private readonly TempDirectory _directory = new();

    private string Index => _directory.Combine("index");

    private string Place => _directory.Combine("place");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task After_a_kill_at_any_step_the_next_run_leaves_nothing_behind(bool temporary, bool existedBefore)
    {
        TestBench.Require(TestBench.FindProgram("strace") is not null, "strace is not installed: it kills the process at a certain system call");
        var expected = DirectoryContent.Of(TantivyFiles.Create(Index, segments: 1, bytesPerFile: 200));
        string[] run = temporary ? ["--run", "true"] : [];
        var kills = 0;
        foreach (var calls in Calls)
        {
            for (var count = 1; ; count++)
            {
                if (existedBefore)
                    Directory.CreateDirectory(Place);
                var killed = await new SegvaultProcess { Through = Killer(calls, count), Environment = OneThread }.CompleteAsync(["snapshot", Index, Place, "--quiet", .. run]);
                var isWhole = EnsureNothingOrWhole(expected);
                if (isWhole && !temporary)
                    Directory.Delete(Place, recursive: true);
                if (killed.ExitCode == 0)
                    break;
                kills++;
                (await InProcess.RunAsync("snapshot", Index, Place, "--json", "--run", "test -e \"$SEGVAULT_SNAPSHOT/meta.json\"")).MustExit(0);
                EnsureClean(expected);
            }
        }

        Assert.True(kills > 15, $"Killed only {kills} times.");
    }

    private static Dictionary<string, string?> OneThread => new(StringComparer.Ordinal)
    {
        // strace counts the calls of every thread by itself, so one thread is to make them all.
        ["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "1",
        ["DOTNET_PROCESSOR_COUNT"] = "1",
    };

    private static string[] Killer(string calls, int count) =>
    [
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={calls}",
        "-e", string.Create(CultureInfo.InvariantCulture, $"inject={calls}:signal=SIGKILL:when={count}"),
    ];

    private bool EnsureNothingOrWhole(DirectoryContent expected)
    {
        Assert.Equal(expected, DirectoryContent.Of(Index));
        if (!Directory.Exists(Place) || Directory.GetFileSystemEntries(Place).Length == 0)
            return false;
        Assert.Equal(expected, DirectoryContent.Of(Place));
        return true;
    }

    private void EnsureClean(DirectoryContent expected)
    {
        Assert.Equal(expected, DirectoryContent.Of(Index));
        Assert.Empty(Directory.GetFileSystemEntries(Index, ".segvault*"));
        if (Directory.Exists(Place))
        {
            Assert.Empty(Directory.GetFileSystemEntries(Place));
            Directory.Delete(Place);
        }

        Assert.Equal([Index], Directory.GetFileSystemEntries(_directory.Path));
    }
}
