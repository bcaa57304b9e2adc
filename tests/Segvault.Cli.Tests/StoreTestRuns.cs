using Segvault.Cli.Reports;
using Segvault.Storage;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

public sealed class StoreTestRuns : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>What trials have written, finished or not.</summary>
    private static IEnumerable<string> Left(string repository) =>
        new[] { "probes", "tmp" }.SelectMany(place => Directory.EnumerateFiles(Path.Combine(repository, place), "*", SearchOption.AllDirectories))
            .Where(file => !Path.GetFileName(file).StartsWith("reserve-", StringComparison.Ordinal));

    [Fact]
    public async Task A_place_that_can_hold_a_repository_passes_every_check_and_is_left_as_it_was()
    {
        string place = _directory.Combine("new");
        var summary = (await InProcess.RunAsync("store", "test", "-r", place, "--quick", "--json")).MustExit(0).Summary;
        Assert.Equal("store test", summary.GetProperty("command").GetString());
        Assert.Equal(place, summary.GetProperty("repository").GetString());
        Assert.True(summary.GetProperty("passed").GetBoolean());
        Assert.Equal(StoreConformance.Checks, summary.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("check").GetString()!));
        Assert.False(Directory.Exists(place));
    }

    [LinuxFact("Only Linux has /proc.")]
    public async Task A_place_that_cannot_ends_with_1_and_every_broken_rule_is_named()
    {
        var run = (await InProcess.RunAsync("store", "test", "-r", "/proc/segvault", "--quick")).MustExit(1);
        Assert.Contains("must not hold a repository", run.Out, StringComparison.Ordinal);
        Assert.Contains("one-winner: The store failed: ", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gc")]
    [InlineData("store", "test", "--quick")]
    public async Task What_a_killed_trial_left_goes_with_the_first_run_a_day_later(params string[] command)
    {
        using var directory = TempDirectory.InMemory();
        string repository = directory.Combine("repository");
        (await InProcess.RunAsync("init", "-r", repository)).MustExit(0);
        using (var trial = new SegvaultProcess().Start("store", "test", "-r", repository))
        {
            // One check writes thousands of objects, and needs as long again to remove them.
            while (Left(repository).Count() < 1000)
            {
                Assert.False(trial.HasExited);
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }
            trial.Kill();
            await trial.WaitAsync();
        }

        (await InProcess.RunAsync([.. command, "-r", repository])).MustExit(0);
        Assert.NotEmpty(Left(repository));
        foreach (string file in Left(repository).ToList())
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-1.1));
        (await InProcess.RunAsync([.. command, "-r", repository])).MustExit(0);
        Assert.Empty(Left(repository));
        (await InProcess.RunAsync("verify", "-r", repository)).MustExit(0);
    }

    [Fact]
    public void A_broken_rule_says_what_was_seen()
    {
        var line = StoreTestLine.From("store test", new StoreConformanceReport
        {
            Location = "/srv/backups",
            Checks = [new("one-winner", "One wins.", "Two won.", TimeSpan.FromSeconds(1.23)), new("listing", "All are listed.", null, TimeSpan.Zero)],
            Elapsed = TimeSpan.FromSeconds(2),
        });
        Assert.False(line.Passed);
        Assert.Equal([new StoreCheckLine("one-winner", false, "Two won.", 1.23), new StoreCheckLine("listing", true, null, 0)], line.Checks);
    }
}
