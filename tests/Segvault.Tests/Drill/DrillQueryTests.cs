using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Drill;

public sealed class DrillQueryTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("count", "count", ">=1")]
    [InlineData("count=0", "count", "=0")]
    [InlineData("count>=12", "count", ">=12")]
    [InlineData("title:word", "title:word", ">=1")]
    [InlineData("title:word=3", "title:word", "=3")]
    [InlineData("title:a=b", "title:a=b", ">=1")]
    [InlineData("title:a=b>=7", "title:a=b", ">=7")]
    [InlineData("url:http://x/y", "url:http://x/y", ">=1")]
    public void A_query_is_read_with_what_is_expected_and_written_the_same(string text, string query, string expected)
    {
        var read = DrillQuery.Parse(text);
        Assert.Equal((query, expected), (read.Query, read.Expected));
        Assert.Equal(read, DrillQuery.Parse(read.ToString()));
        Assert.Equal(read.IsCount, read.Field is null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("word")]
    [InlineData(":word")]
    [InlineData("title:")]
    [InlineData("title:=3")]
    [InlineData("=3")]
    [InlineData("title:a\nb")]
    public void What_is_no_query_is_refused(string text) => Assert.Throws<FormatException>(() => DrillQuery.Parse(text));

    [Fact]
    public void Exactly_and_at_least_are_what_they_say()
    {
        Assert.Equal([false, true, true], new long[] { 2, 3, 4 }.Select(DrillQuery.Parse("count>=3").Accepts));
        Assert.Equal([false, true, false], new long[] { 2, 3, 4 }.Select(DrillQuery.Parse("count=3").Accepts));
        Assert.Equal([false, true], new long[] { 0, 1 }.Select(DrillQuery.Parse("count").Accepts));
    }

    [Fact]
    public async Task Queries_stay_with_the_backup_they_were_given_with_and_the_verdict_is_kept()
    {
        var token = TestContext.Current.CancellationToken;
        await using var bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("index"));
        var options = new BackupOptions { Queries = [DrillQuery.Parse($"count={index.Documents}")] };
        var with = await bench.BackUpAsync(index.Directory, options);
        index.AddSegment(7);
        index.WriteMeta();
        var without = await bench.BackUpAsync(index.Directory);
        Assert.Equal([$"count={index.Documents - 7}"], (await bench.ReadManifestAsync(with)).Queries);
        Assert.Empty((await bench.ReadManifestAsync(without)).Queries);

        var drill = new DrillOptions { UseInstalledEngine = false, Scratch = _directory.Path };
        Assert.True(Assert.Single((await bench.Manager.DrillBackupAsync(with.Backup.Id, drill, cancellationToken: token)).Queries).IsAsExpected);
        Assert.Empty((await bench.Manager.DrillBackupAsync("latest", drill, cancellationToken: token)).Queries);
        var state = await bench.Log.FoldAsync(token);
        Assert.All(state.LiveRecords, record => Assert.True(record.Drill is { Passed: true, Engine: false }));

        bench.Store.OnCall = call => call.IsLog && call.Verb is StoreVerb.Create or StoreVerb.Complete ? Fault.FailBefore : Fault.None;
        var unrecorded = await bench.Manager.DrillBackupAsync("latest", drill, cancellationToken: token);
        Assert.True(unrecorded.Passed);
        Assert.Equal(ErrorCode.NotRecorded, Assert.Single(unrecorded.Warnings).Code);
        Assert.Empty(Directory.EnumerateDirectories(_directory.Path, "segvault-drill-*"));
    }

    [Fact]
    public async Task A_verdict_whose_record_the_store_spoils_is_told_in_the_error()
    {
        var token = TestContext.Current.CancellationToken;
        await using var bench = await RepositoryBench.CreateAsync();
        bench.DamagedBecause = "an entry is cut short";
        var index = TantivyFiles.Create(_directory.Combine("index"));
        var backup = await bench.BackUpAsync(index.Directory);
        var drill = new DrillOptions { UseInstalledEngine = false, Scratch = _directory.Path };
        bench.Store.OnCall = call => call.IsCommit ? Fault.Shorten : Fault.None;
        var damage = await Assert.ThrowsAsync<DamageException>(() => bench.Manager.DrillBackupAsync("latest", drill, cancellationToken: token));
        Assert.Equal(bench.Memory.NamesOf("log/")[^1], damage.DamagedObject);
        Assert.Contains("is done and passed", damage.Message, StringComparison.Ordinal);
        Assert.Contains("--repair", damage.Hint, StringComparison.Ordinal);

        // Where the log was damaged before, the drill harms nothing.
        var unrecorded = await bench.Manager.DrillBackupAsync(backup.Backup.Id, drill, cancellationToken: token);
        Assert.Equal(ErrorCode.NotRecorded, Assert.Single(unrecorded.Warnings).Code);
    }
}
