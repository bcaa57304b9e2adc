using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Snapshots for other tools beside a writer that never rests: each is exactly one commit, and the writer does not notice.</summary>
public sealed class HotSnapshotTests
{
    private const int Snapshots = 50;
    private const int ResticBackups = 5;

    // So few that the files of any index must be held by links.
    private const int FewHandles = 96;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fifty_snapshots_beside_a_busy_writer_each_hold_exactly_one_commit()
    {
        await using var bench = await BackupBench.CreateAsync();
        await using var writer = await HotWriter.StartAsync(bench.Index, bench.Combine("journal"), new() { Interval = 10, Threads = 4, Adds = 40 }, Token);
        var snapshots = new List<SnapshotResult>();
        while (snapshots.Count < Snapshots)
        {
            var snapshot = await MakeAsync(bench, bench.Combine($"snapshot-{snapshots.Count}"));
            if (snapshots.Count > 0 && IsSameCommit(snapshots[^1], snapshot))
                Directory.Delete(snapshot.Directory, recursive: true);
            else
                snapshots.Add(snapshot);
        }

        var summary = await writer.StopAsync(Token);
        Assert.Equal(0, summary.Failed);
        Assert.Empty(summary.Errors);
        var commits = await FindCommitsAsync(bench, writer.ReadJournal(), snapshots.Select(snapshot => (snapshot.Directory, (long?)snapshot.Documents)));
        Assert.Equal(commits.Order(), commits);
        Assert.True(commits.Distinct().Count() > Snapshots / 4, "The writer hardly moved between the snapshots.");

        // Tantivy deleted what it no longer needed, although the snapshots had it too.
        Assert.Empty((await bench.InspectAsync()).OrphanFiles);
        var first = Directory.EnumerateFiles(snapshots[0].Directory, "*.store").Select(file => Path.GetFileName(file)).ToList();
        Assert.All(first, name => Assert.False(File.Exists(Path.Combine(bench.Index, name))));
        Assert.Equal(summary.Final, await bench.ReadStateAsync());

        HotProof.Tell($"snapshots: {commits.Count} of {snapshots.Count} are exactly one commit each, beside {summary.Commits} commits ({summary.Failed} failed), the longest {summary.LongestCommit.TotalMilliseconds:0} ms");
        HotProof.Tell($"snapshots: {snapshots.Sum(snapshot => snapshot.Linked)} files linked, {snapshots.Sum(snapshot => snapshot.Cloned)} cloned, {snapshots.Sum(snapshot => snapshot.Copied)} copied; a snapshot took {HotProof.Describe(snapshots.Select(snapshot => snapshot.Elapsed))}");
    }

    [Fact]
    public async Task With_few_file_handles_every_snapshot_is_one_commit_all_the_same()
    {
        await using var bench = await BackupBench.CreateAsync();
        await using var writer = await HotWriter.StartAsync(bench.Index, bench.Combine("journal"), new() { Interval = 10 }, Token);
        var places = Enumerable.Range(0, 5).Select(i => bench.Combine($"snapshot-{i}")).ToList();
        foreach (var place in places)
            await CommandLine.RunWithFewHandlesAsync(FewHandles, "snapshot", bench.Index, place);

        Assert.Equal(0, (await writer.StopAsync(Token)).Failed);
        Assert.Empty(Directory.EnumerateDirectories(bench.Index));
        await FindCommitsAsync(bench, writer.ReadJournal(), places.Select(place => (place, (long?)null)));
    }

    [Fact]
    public async Task What_restic_backs_up_beside_a_busy_writer_restores_to_exactly_one_commit()
    {
        TestBench.Require(TestBench.FindProgram("restic") is not null, "restic is not installed");
        await using var bench = await BackupBench.CreateAsync();
        await File.WriteAllTextAsync(bench.Combine("password"), "secret", Token);
        string[] restic = ["--no-cache", "--quiet", "-r", bench.Combine("restic"), "--password-file", bench.Combine("password")];
        await CommandLine.RunAsync("restic", ["init", .. restic]);
        await using var writer = await HotWriter.StartAsync(bench.Index, bench.Combine("journal"), new() { Interval = 10, Threads = 4, Adds = 40 }, Token);
        var place = bench.Combine("for-restic");
        for (var i = 0; i < ResticBackups; i++)
        {
            var command = $"restic {string.Join(' ', restic)} backup --ignore-inode --ignore-ctime --tag number-{i} \"$SEGVAULT_SNAPSHOT\"";
            await CommandLine.RunSegvaultAsync("snapshot", bench.Index, place, "--run", command);
            Assert.False(Directory.Exists(place));
        }

        var summary = await writer.StopAsync(Token);
        Assert.Equal(0, summary.Failed);
        var restored = new List<(string, long?)>();
        for (var i = 0; i < ResticBackups; i++)
        {
            var target = bench.Combine($"restored-{i}");
            await CommandLine.RunAsync("restic", ["restore", "latest", "--tag", $"number-{i}", "--target", target, .. restic]);
            restored.Add((target + place, null));
        }

        var commits = await FindCommitsAsync(bench, writer.ReadJournal(), restored);
        Assert.Equal(commits.Order(), commits);
        Assert.Equal(ResticBackups, commits.Distinct().Count());
        HotProof.Tell($"restic through snapshots: {commits.Count} of {ResticBackups} restored backups are exactly one commit each, beside {summary.Commits} commits");
    }

    [Fact]
    public async Task A_writer_on_a_snapshot_leaves_the_index_as_it_was()
    {
        await using var bench = await BackupBench.CreateAsync();
        await bench.CreateIndexAsync(300);
        var place = bench.Combine("snapshot");
        await MakeAsync(bench, place);
        var before = DirectoryPicture.Everything(bench.Index);

        var copy = await bench.Host.OpenAsync(place, cancellationToken: Token);
        for (var i = 0; i < 12; i++)
            await BackupBench.CommitAsync(copy, 1000 + (i * 10), 10, [1 + i, 100 + i]);
        await copy.CollectGarbageAsync(Token);
        await copy.CloseWriterAsync(Token);

        Assert.Equal(before, DirectoryPicture.Everything(bench.Index));
        Assert.Equal(300, (await bench.ReadStateAsync()).Count);
        Assert.Equal(300 + 120 - 24, (await bench.ReadStateAsync(place)).Count);
    }

    private static bool IsSameCommit(SnapshotResult first, SnapshotResult second) =>
        File.ReadAllBytes(Path.Combine(first.Directory, "meta.json")).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(second.Directory, "meta.json")));

    private static Task<SnapshotResult> MakeAsync(BackupBench bench, string place) =>
        new SnapshotManager().CreateSnapshotAsync(IndexSource.Open(bench.Index), place, cancellationToken: Token);

    /// <summary>Opens every copy with Tantivy and says which commit it is; fails the test when one is none.</summary>
    private static async Task<List<int>> FindCommitsAsync(BackupBench bench, HotWriterJournal journal, IEnumerable<(string Directory, long? Documents)> copies)
    {
        var commits = new List<int>();
        foreach (var (directory, documents) in copies)
        {
            var state = await bench.ReadStateAsync(directory);
            Assert.Equal(documents ?? state.Count, state.Count);
            var commit = journal.Find(state);
            Assert.True(commit is not null, $"{directory} holds {state}, which no commit ever was.");
            commits.Add(commit.Number);
        }

        return commits;
    }
}
