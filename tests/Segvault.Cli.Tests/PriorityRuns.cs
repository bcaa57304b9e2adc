using System.Globalization;
using Segvault.Cli.Tests.BadInput;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>A backup lets others go first, with every one of its threads.</summary>
public sealed class PriorityRuns : BadInputTest
{
    private const int NicenessField = 18;

    [LinuxFact("Only Linux has /proc.")]
    public async Task Every_thread_of_a_backup_and_its_hooks_run_at_low_priority_unless_it_is_told_otherwise()
    {
        var before = int.Parse(File.ReadAllText("/proc/self/stat").Split(')')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[NicenessField - 2], CultureInfo.InvariantCulture);
        TantivyFiles.Create(Index, segments: 3);
        await MustAsync("init");
        var threads = PathOf("threads");
        var look = $"for thread in /proc/$PPID/task/*/stat /proc/$$/stat; do cut -d')' -f2 $thread | cut -d' ' -f{NicenessField}; done > '{threads}'";
        await MustAsync("backup", Index, "--pinned", look);
        var seen = await NicenessAsync(threads);
        Assert.InRange(seen.Length, 3, int.MaxValue);
        Assert.All(seen, niceness => Assert.Equal(Math.Max(before, 19), niceness));
        await MustAsync("backup", Index, "--full", "--priority", "normal", "--pinned", look);
        Assert.All(await NicenessAsync(threads), niceness => Assert.Equal(before, niceness));
    }

    private static async Task<int[]> NicenessAsync(string path) =>
        [.. (await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken)).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
}
