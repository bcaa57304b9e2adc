using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Proves the judge of hot backups: a writer whose every commit can be told from every other.</summary>
public sealed class HotWriterTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_index_it_leaves_is_its_last_commit()
    {
        string index = _directory.Combine("index");
        await using HotWriter writer = await HotWriter.StartAsync(
            index, _directory.Combine("journal"), new() { Commits = 20, Interval = 1, MaxDocuments = 150 }, Cancellation);
        HotWriterSummary summary = await writer.StopAsync(Cancellation);
        HotWriterJournal journal = writer.ReadJournal();

        Assert.Equal(0, summary.Failed);
        Assert.Empty(summary.Errors);
        Assert.True(summary.Deleted > 0);
        Assert.Equal(summary.Commits + 1, journal.Commits.Count);
        Assert.Null(journal.Unfinished);
        IndexState state = await TantivyHost.ReadStateAsync(index, Cancellation);
        Assert.Equal(summary.Final, state);
        Assert.Equal(summary.Commits, journal.Find(state)?.Number);
    }

    [Fact]
    public async Task A_killed_writer_leaves_its_last_commit_or_the_one_it_was_at()
    {
        string index = _directory.Combine("index");
        await using HotWriter writer = await HotWriter.StartAsync(index, _directory.Combine("journal"), new() { Interval = 1 }, Cancellation);
        await writer.KillAsync();
        HotWriterJournal journal = writer.ReadJournal();

        IndexState state = await TantivyHost.ReadStateAsync(index, Cancellation);
        Assert.Contains(state, new[] { journal.Commits[^1].State, journal.Unfinished });
    }

    [Fact]
    public async Task An_index_that_holds_documents_already_is_refused()
    {
        string index = _directory.Combine("index");
        await using (TantivyHost host = TantivyHost.Start())
        {
            TantivyIndex existing = await host.CreateAsync(index, cancellationToken: Cancellation);
            await existing.AddAsync(from: 1, count: 1, cancellationToken: Cancellation);
            await existing.CommitAsync(Cancellation);
        }

        TantivyException refused = await Assert.ThrowsAsync<TantivyException>(
            () => HotWriter.StartAsync(index, _directory.Combine("journal"), cancellationToken: Cancellation));
        Assert.Contains("already holds documents", refused.Message, StringComparison.Ordinal);
    }
}
