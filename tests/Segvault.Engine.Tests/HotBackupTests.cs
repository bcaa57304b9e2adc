using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>The hot proof: whatever the moment, a backup beside a writer that never rests holds exactly the documents of one commit.</summary>
public sealed class HotBackupTests
{
    private const int Backups = 50;

    // So few that the files of any index must be held by links.
    private const int FewHandles = 96;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fifty_backups_beside_a_busy_writer_each_hold_exactly_one_commit()
    {
        await using var bench = await BackupBench.CreateAsync();
        await using var writer = await HotWriter.StartAsync(bench.Index, bench.Combine("journal"), new() { Interval = 10, Threads = 4, Adds = 40 }, Token);
        var taken = new List<BackupResult>();
        var copies = new List<int>();
        while (taken.Count < Backups)
        {
            var copying = CommandLine.TryRunAsync("cp", "-r", bench.Index, bench.Combine($"copy-{copies.Count}"));
            if (await bench.BackUpAsync() is { Unchanged: false } result)
                taken.Add(result);
            copies.Add((await copying).ExitCode);
        }

        var summary = await writer.StopAsync(Token);
        var journal = writer.ReadJournal();
        var commits = await FindCommitsAsync(bench, journal, taken);
        Assert.Equal(0, summary.Failed);
        Assert.Empty(summary.Errors);
        Assert.All(taken.Skip(1), backup => Assert.Equal(BackupType.Incremental, backup.Backup.Type));
        Assert.Equal(commits.Order(), commits);
        Assert.True(commits.Distinct().Count() > Backups / 4, "The writer hardly moved between the backups.");
        Assert.Empty((await bench.VerifyAsync(VerifyLevel.Data)).Problems);

        HotProof.Tell($"segvault: {taken.Count} of {taken.Count} backups are exactly one commit each, beside {summary.Commits} commits ({summary.Failed} failed), the longest {summary.LongestCommit.TotalMilliseconds:0} ms");
        var locked = taken.Where(backup => backup.EngineLockHeld > TimeSpan.Zero).Select(backup => backup.EngineLockHeld).ToList();
        HotProof.Tell($"segvault: {locked.Count} of {taken.Count} backups had to take Tantivy's meta lock, held for {HotProof.Describe(locked)}; a backup took {HotProof.Describe(taken.Select(backup => backup.Elapsed))}");
        HotProof.Tell(await JudgeCopiesAsync(bench, journal, copies));
    }

    [Fact]
    public async Task Where_the_lock_cannot_be_taken_every_backup_is_one_commit_all_the_same()
    {
        await using var bench = await BackupBench.CreateAsync();

        // Tantivy follows the link, and Segvault does not: the writer collects its garbage as ever, and nothing keeps it from doing so.
        Directory.CreateDirectory(bench.Index);
        await File.WriteAllBytesAsync(bench.Combine("meta.lock"), [], Token);
        File.CreateSymbolicLink(Path.Combine(bench.Index, ".tantivy-meta.lock"), bench.Combine("meta.lock"));
        await using var writer = await HotWriter.StartAsync(bench.Index, bench.Combine("journal"), new() { Interval = 10 }, Token);
        var taken = new List<BackupResult>();
        while (taken.Count < 20)
        {
            if (await bench.BackUpAsync() is { Unchanged: false } result)
                taken.Add(result);
        }

        var summary = await writer.StopAsync(Token);
        Assert.Equal(0, summary.Failed);
        Assert.All(taken, backup => Assert.Equal(TimeSpan.Zero, backup.EngineLockHeld));
        await FindCommitsAsync(bench, writer.ReadJournal(), taken);
        HotProof.Tell($"segvault without the lock: {taken.Count} of {taken.Count} backups are exactly one commit each, beside {summary.Commits} commits");
    }

    [Fact]
    public async Task With_few_file_handles_every_backup_is_one_commit_all_the_same()
    {
        await using var bench = await BackupBench.CreateAsync();
        await using var writer = await HotWriter.StartAsync(bench.Index, bench.Combine("journal"), new() { Interval = 10 }, Token);
        for (var i = 0; i < 6; i++)
        {
            // The hook fails, and the backup with it, unless the files are held by links when it runs.
            await CommandLine.RunWithFewHandlesAsync(
                FewHandles, "backup", bench.Index, "-r", bench.Repository.Location, "--pinned", $"ls {bench.Index}/.segvault-hold-*/*.store");
        }

        var summary = await writer.StopAsync(Token);
        Assert.Equal(0, summary.Failed);
        Assert.Empty(Directory.EnumerateDirectories(bench.Index));
        var taken = await bench.Backups.ListBackupsAsync(cancellationToken: Token).ToListAsync(Token);
        await FindCommitsAsync(bench, writer.ReadJournal(), taken);
        HotProof.Tell($"segvault with {FewHandles} file handles: {taken.Count} of {taken.Count} backups are exactly one commit each, beside {summary.Commits} commits");
    }

    private static Task<List<int>> FindCommitsAsync(BackupBench bench, HotWriterJournal journal, IEnumerable<BackupResult> taken) =>
        FindCommitsAsync(bench, journal, taken.Select(result => result.Backup));

    /// <summary>Restores every backup and says which commit it is; fails the test when one is none.</summary>
    private static async Task<List<int>> FindCommitsAsync(BackupBench bench, HotWriterJournal journal, IEnumerable<BackupSummary> taken)
    {
        var commits = new List<int>();
        foreach (var backup in taken)
        {
            var state = await bench.RestoreAndReadAsync(backup);
            Assert.Equal(backup.Documents, state.Count);
            var commit = journal.Find(state);
            Assert.True(commit is not null, $"Backup {backup.Id} holds {state}, which no commit ever was.");
            commits.Add(commit.Number);
        }

        return commits;
    }

    private static async Task<string> JudgeCopiesAsync(BackupBench bench, HotWriterJournal journal, List<int> exitCodes)
    {
        var unopenable = 0;
        var unknown = 0;
        var quiet = 0;
        for (var i = 0; i < exitCodes.Count; i++)
        {
            var good = false;
            try
            {
                good = journal.Find(await bench.ReadStateAsync(bench.Combine($"copy-{i}"))) is not null;
                unknown += good ? 0 : 1;
            }
            catch (Exception exception) when (exception is TantivyException or Xunit.Sdk.XunitException)
            {
                unopenable++;
            }

            quiet += !good && exitCodes[i] == 0 ? 1 : 0;
        }

        return $"cp -r: {unopenable + unknown} of {exitCodes.Count} copies are no commit ({unopenable} cannot be opened or searched, {unknown} match none); cp itself called {quiet} of these a success";
    }
}
