using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.Crashes;

/// <summary>
/// Snapshots that are killed at every step. What is at the place is nothing or whole, the index is as it was, and the next run leaves nothing
/// behind.
/// </summary>
public sealed class KilledSnapshots : IDisposable
{
    private readonly TempDirectory _directory = TempDirectory.InMemory();

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
        KillSweep.RequireStrace();
        var expected = DirectoryContent.Of(TantivyFiles.Create(Index, segments: 1, bytesPerFile: 200));
        string[] run = temporary ? ["--run", "true"] : [];

        var kills = await KillSweep.RunAsync("snapshot", ["snapshot", Index, Place, "--quiet", .. run], PrepareAsync, EnsureSettledAsync);

        Assert.InRange(kills, 15, 1000);

        Task PrepareAsync()
        {
            if (existedBefore)
                Directory.CreateDirectory(Place);
            return Task.CompletedTask;
        }

        async Task EnsureSettledAsync(bool done)
        {
            var isWhole = EnsureNothingOrWhole(expected);
            if (isWhole && !temporary)
                Directory.Delete(Place, recursive: true);
            if (!done)
                (await InProcess.RunAsync("snapshot", Index, Place, "--json", "--run", "test -e \"$SEGVAULT_SNAPSHOT/meta.json\"")).MustExit(0);
            EnsureClean(expected);
        }
    }

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
