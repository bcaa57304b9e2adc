using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Drills with the real engine, as docs/drill.md describes them.</summary>
public sealed class DrillTests : IAsyncLifetime
{
    private const int Documents = 200;
    private BackupBench _bench = null!;
    private BackupResult _backup = null!;
    private string _scratch = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The script beside the documentation, told where the binding is.</summary>
    private static string Script =>
        $"SEGVAULT_TANTIVY_BINDING='{RepositoryRoot.Combine("tests", "tantivy", "node_modules", "@oxdev03", "node-tantivy-binding-linux-x64-gnu")}' node '{RepositoryRoot.Combine("docs", "drill-tantivy.mjs")}'";

    public async ValueTask InitializeAsync()
    {
        _bench = await BackupBench.CreateAsync();
        await _bench.CreateIndexAsync(Documents);
        _backup = await _bench.BackUpAsync(new BackupOptions { Queries = [DrillQuery.Parse($"count={Documents}")] });
        _scratch = _bench.Combine("scratch");
        Directory.CreateDirectory(_scratch);
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(Directory.EnumerateFileSystemEntries(_scratch));
        await _bench.DisposeAsync();
    }

    [Fact]
    public async Task The_engine_opens_a_restored_backup_and_answers_canary_queries()
    {
        var result = await DrillAsync(Script, "body:segvault", $"body:sample={Documents}", "id:17=1", "body:\"quoted\"=0", "body:nowhere=0", "count");
        Assert.Empty(result.Problems);
        Assert.True(result.Passed);
        Assert.True(result.EngineOpened);
        Assert.Equal(Documents, result.Documents);
        Assert.Equal(7, result.Queries.Length);
        Assert.All(result.Queries, answer => Assert.True(answer.IsAsExpected));
        Assert.Empty(result.Warnings);

        var index = Assert.Single((await _bench.Repository.GetStatusAsync(new StatusOptions { ProvenWithin = TimeSpan.FromHours(1) }, Token)).Indexes);
        Assert.Equal(_backup.Backup.Id, index.Proven!.Id);
        Assert.Empty(index.Problems);
    }

    [Fact]
    public async Task A_query_with_other_hits_than_expected_fails_the_drill()
    {
        var result = await DrillAsync(Script, "body:nowhere", "id:17>=2");
        Assert.False(result.Passed);
        Assert.Equal(["The query body:nowhere>=1 found 0.", "The query id:17>=2 found 1."], result.Problems);
        Assert.False((await _bench.Repository.GetStatusAsync(cancellationToken: Token)).IsHealthy);
    }

    [Fact]
    public async Task A_field_that_the_index_does_not_have_fails_the_drill_with_the_engines_own_words()
    {
        var problem = Assert.Single((await DrillAsync(Script, "author:anyone")).Problems);
        Assert.Contains("exit status", problem, StringComparison.Ordinal);
        Assert.Contains("author", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_pack_fails_the_drill()
    {
        var pack = Directory.EnumerateFiles(Path.Combine(_bench.Repository.Location, "packs"), "*", SearchOption.AllDirectories).MaxBy(path => new FileInfo(path).Length)!;
        await using (var stream = new FileStream(pack, FileMode.Open))
        {
            stream.Position = stream.Length / 2;
            stream.Write(new byte[64]);
        }

        var result = await DrillAsync(Script);
        Assert.False(result.Passed);
        Assert.False(result.EngineOpened);
        Assert.Contains(Path.GetFileName(pack), Assert.Single(result.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_manifest_fails_the_drill()
    {
        _bench.DamagedBecause = "a manifest is taken away";
        File.Delete(_bench.PathOfObject(_backup.Backup.Id.ToString()));
        Assert.Contains("missing", Assert.Single((await DrillAsync(Script)).Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo 'no such thing' >&2; exit 7 #", "exit status 7: no such thing")]
    [InlineData("echo rubbish #", "printed no answer: rubbish")]
    [InlineData("true #", "printed no answer: nothing")]
    [InlineData("echo '{}' #", "printed no answer: {}")]
    [InlineData("echo 'null' #", "printed no answer: null")]
    [InlineData("yes #", "did not end within")]
    [InlineData("head -c 3000000 /dev/zero #", "more than an answer can have")]
    [InlineData("echo '{\"documents\":199}' #", "The engine finds 199 documents, and the backup records 200.")]
    [InlineData("/nonexistent/engine", "exit status 127")]
    [InlineData("sleep 600 #", "did not end within")]
    public async Task A_command_that_fails_hangs_or_prints_rubbish_fails_the_drill(string command, string problem)
    {
        var result = await DrillAsync(command);
        Assert.Contains(result.Problems, found => found.Contains(problem, StringComparison.Ordinal));
        Assert.False(result.Passed);
    }

    [Fact]
    public async Task A_query_that_is_not_answered_fails_the_drill()
    {
        var result = await DrillAsync($"echo '{{\"documents\":{Documents},\"queries\":[]}}' #", "id:17");
        Assert.Equal(["The query id:17>=1 was not answered."], result.Problems);
    }

    [Fact]
    public async Task The_index_is_put_where_the_command_asks_for_it_and_the_questions_on_its_standard_input()
    {
        var seen = _bench.Combine("seen");
        var result = await DrillAsync($"test -f \"{{index}}/meta.json\" && test -f \"$SEGVAULT_INDEX/meta.json\" && cat > {seen} && echo '{{\"documents\":{Documents}}}'", "title:one two=3");
        Assert.Equal(["The query title:one two=3 was not answered."], result.Problems);
        Assert.Equal(
            ["""{"query":"title:one two","field":"title","term":"one two"}""", """{"query":"count"}"""], await File.ReadAllLinesAsync(seen, Token));
    }

    [Fact]
    public async Task Without_an_engine_own_checks_run_and_only_a_count_can_be_asked()
    {
        var options = new DrillOptions { UseInstalledEngine = false, Scratch = _scratch, Queries = [DrillQuery.Parse("count")] };
        var result = await _bench.Backups.DrillBackupAsync(_backup.Backup.Id, options, cancellationToken: Token);
        Assert.True(result.Passed);
        Assert.False(result.EngineOpened);
        Assert.Equal([Documents, Documents], result.Queries.Select(answer => answer.Hits));
        var needed = await Assert.ThrowsAsync<SegvaultException>(() => _bench.Backups.DrillBackupAsync(
            _backup.Backup.Id, options with { Queries = [DrillQuery.Parse("id:17")] }, cancellationToken: Token));
        Assert.Equal(ErrorCode.EngineNeeded, needed.Code);
    }

    [Fact]
    public async Task The_engine_is_found_where_the_environment_says()
    {
        var binding = RepositoryRoot.Combine("tests", "tantivy", "node_modules");
        var output = await CommandLine.RunAsync(
            "env", $"NODE_PATH={binding}", Path.Combine(AppContext.BaseDirectory, "Segvault.Cli"), "drill", "-r", _bench.Repository.Location, "--scratch", _scratch, "--query", "id:17=1");
        Assert.Contains("opened by the engine", output, StringComparison.Ordinal);
    }

    private Task<DrillResult> DrillAsync(string command, params IEnumerable<string> queries)
    {
        var options = new DrillOptions
        {
            EngineCommand = command,
            EngineTimeout = command.StartsWith("sleep", StringComparison.Ordinal) || command.StartsWith("yes", StringComparison.Ordinal) ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(2),
            Scratch = _scratch,
            Queries = [.. queries.Select(DrillQuery.Parse)],
        };
        return _bench.Backups.DrillBackupAsync(_backup.Backup.Id, options, cancellationToken: Token);
    }
}
