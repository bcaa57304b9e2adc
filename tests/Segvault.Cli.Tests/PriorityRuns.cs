using System.Globalization;
using Segvault.Cli.Tests.BadInput;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>A backup lets others go first, with every one of its threads, once an application cannot be waiting for it any more.</summary>
public sealed class PriorityRuns : BadInputTest
{
    private const int Normal = 0;
    private const int Idle = 5;
    private const int Nicest = 19;

    [LinuxFact("Only Linux has /proc.")]
    public async Task Every_thread_of_a_backup_runs_at_low_priority_and_its_hooks_do_not()
    {
        var (hook, backup) = await WatchAsync();

        var before = Assert.Single(hook);
        Assert.NotEqual(Idle, before.Policy);
        Assert.All(backup[^1], thread => Assert.Equal(Nicest, thread.Niceness));
        Assert.Contains(backup, look => look.All(thread => thread.Policy == Idle));
    }

    [LinuxFact("Only Linux has /proc.")]
    public async Task A_backup_of_normal_priority_keeps_it()
    {
        var (hook, backup) = await WatchAsync("--priority", "normal");

        var before = Assert.Single(hook);
        Assert.Equal(Normal, before.Policy);
        Assert.All(backup, look => Assert.Equal(before, Assert.Single(look)));
    }

    /// <summary>How the hook is scheduled, and how the threads of the backup are, each time that they are looked at, as long as it runs.</summary>
    private async Task<(Scheduling[] Hook, Scheduling[][] Backup)> WatchAsync(params string[] options)
    {
        TantivyFiles.Create(Index, segments: 3);
        await MustAsync("init");
        var (hook, backup) = (PathOf("hook"), PathOf("backup"));
        const string Fields = "sed 's/.*) //' | cut -d' ' -f17,39 | sort -u | paste -sd,";
        var watch = $"cat /proc/$$/stat | {Fields} > '{hook}'; "
            + $"(while seen=$(cat /proc/$PPID/task/*/stat | {Fields}) && [ -n \"$seen\" ]; do echo \"$seen\"; sleep 0.01; done) > '{backup}' 2> /dev/null &";

        // Slow enough to be seen.
        var length = Directory.EnumerateFiles(Index).Sum(file => new FileInfo(file).Length);
        await MustAsync(["backup", Index, "--limit", $"{length * 2}", "--pinned", watch, .. options]);
        return (Scheduling.Read(await File.ReadAllTextAsync(hook, TestContext.Current.CancellationToken)),
            [.. (await File.ReadAllLinesAsync(backup, TestContext.Current.CancellationToken)).Select(Scheduling.Read)]);
    }

    private sealed record Scheduling(int Niceness, int Policy)
    {
        public static Scheduling[] Read(string look) => [.. look.Split(',').Select(thread =>
        {
            var fields = thread.Split(' ');
            return new Scheduling(int.Parse(fields[0], CultureInfo.InvariantCulture), int.Parse(fields[1], CultureInfo.InvariantCulture));
        })];
    }
}
