using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Proves the bench itself: what it says about an index is what Tantivy has in it.</summary>
public sealed class TantivyBenchTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_index_is_written_merged_reopened_and_searched()
    {
        string path = _directory.Combine("index");
        await using TantivyHost host = TantivyHost.Start();
        TantivyIndex index = await host.CreateAsync(path, cancellationToken: Cancellation);

        // Eight segments are what Tantivy's default policy merges.
        for (int commit = 0; commit < 8; commit++)
        {
            await index.AddAsync(from: 1 + (commit * 100), count: 100, cancellationToken: Cancellation);
            await index.CommitAsync(Cancellation);
        }
        await index.DeleteAsync([1, 2, 3], Cancellation);
        await index.CommitAsync(Cancellation);
        await index.CloseWriterAsync(Cancellation);

        TantivyIndex reopened = await host.OpenAsync(path, cancellationToken: Cancellation);
        Assert.Equal(797, await reopened.CountAsync(Cancellation));
        Assert.InRange(await reopened.CountSegmentsAsync(Cancellation), 1, 7);
        Assert.Equal(797, (await reopened.QueryAsync("\"sample document\"", cancellationToken: Cancellation)).Total);
        Assert.Equal([42], (await reopened.QueryAsync("title:42", cancellationToken: Cancellation)).Ids);
        Assert.Empty((await reopened.QueryAsync("title:2", cancellationToken: Cancellation)).Ids);
    }

    [Fact]
    public async Task The_state_of_an_index_is_that_of_the_documents_it_holds()
    {
        await using TantivyHost host = TantivyHost.Start();
        TantivyIndex first = await host.CreateAsync(_directory.Combine("first"), cancellationToken: Cancellation);
        Assert.Equal(IndexState.Empty, await first.ReadStateAsync(Cancellation));
        IndexState added = await first.AddAsync(from: 1, count: 50, cancellationToken: Cancellation);
        await first.CommitAsync(Cancellation);

        // The same documents in another order, after others came and went.
        TantivyIndex second = await host.CreateAsync(_directory.Combine("second"), new() { DocStore = "none" }, Cancellation);
        await second.AddAsync(from: 26, count: 75, cancellationToken: Cancellation);
        await second.CommitAsync(Cancellation);
        await second.AddAsync(from: 1, count: 25, cancellationToken: Cancellation);
        await second.DeleteAsync(Enumerable.Range(51, 50).Select(id => (long)id), Cancellation);
        await second.CommitAsync(Cancellation);

        await first.ReloadAsync(Cancellation);
        await second.ReloadAsync(Cancellation);
        Assert.Equal(50, added.Count);
        Assert.Equal(added, await first.ReadStateAsync(Cancellation));
        Assert.Equal(added, await second.ReadStateAsync(Cancellation));

        await second.DeleteAsync([50], Cancellation);
        await second.AddAsync(from: 51, count: 1, cancellationToken: Cancellation);
        await second.CommitAsync(Cancellation);
        await second.ReloadAsync(Cancellation);
        IndexState other = await second.ReadStateAsync(Cancellation);
        Assert.Equal(added.Count, other.Count);
        Assert.NotEqual(added, other);
    }

    [Fact]
    public async Task A_reader_sees_a_commit_only_after_it_reloaded()
    {
        await using TantivyHost writing = TantivyHost.Start();
        await using TantivyHost reading = TantivyHost.Start();
        string path = _directory.Combine("index");
        TantivyIndex writer = await writing.CreateAsync(path, cancellationToken: Cancellation);
        await writer.AddAsync(from: 1, count: 10, cancellationToken: Cancellation);
        await writer.CommitAsync(Cancellation);
        TantivyIndex reader = await reading.OpenAsync(path, cancellationToken: Cancellation);

        await writer.DeleteAllAsync(Cancellation);
        await writer.CommitAsync(Cancellation);

        Assert.Equal(10, await reader.CountAsync(Cancellation));
        Assert.Equal(10, (await reader.ReadStateAsync(Cancellation)).Count);
        await reader.ReloadAsync(Cancellation);
        Assert.Equal(0, await reader.CountAsync(Cancellation));
    }

    [Fact]
    public async Task What_was_rolled_back_is_not_committed()
    {
        await using TantivyHost host = TantivyHost.Start();
        TantivyIndex index = await host.CreateAsync(_directory.Combine("index"), cancellationToken: Cancellation);
        await index.AddAsync(from: 1, count: 10, cancellationToken: Cancellation);
        await index.RollbackAsync(Cancellation);
        await index.AddAsync(from: 11, count: 1, cancellationToken: Cancellation);
        await index.CommitAsync(Cancellation);

        await index.ReloadAsync(Cancellation);
        Assert.Equal(1, await index.CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_second_writer_is_told_that_the_index_is_busy()
    {
        string path = _directory.Combine("index");
        await using TantivyHost first = TantivyHost.Start();
        await using TantivyHost second = TantivyHost.Start();
        TantivyIndex held = await first.CreateAsync(path, cancellationToken: Cancellation);
        await held.AddAsync(from: 1, count: 1, cancellationToken: Cancellation);

        TantivyIndex refused = await second.OpenAsync(path, cancellationToken: Cancellation);
        TantivyException busy = await Assert.ThrowsAsync<TantivyException>(() => refused.AddAsync(from: 2, count: 1, cancellationToken: Cancellation));
        Assert.Contains("LockBusy", busy.Message, StringComparison.Ordinal);

        await held.CommitAsync(Cancellation);
        await held.CloseWriterAsync(Cancellation);
        await refused.AddAsync(from: 2, count: 1, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task Real_source_files_are_indexed_and_found()
    {
        await using TantivyHost host = TantivyHost.Start();
        TantivyIndex index = await host.CreateAsync(_directory.Combine("index"), cancellationToken: Cancellation);
        IndexedFiles indexed = await index.AddFilesAsync(RepositoryRoot.Combine("tests", "Segvault.Testing"), cancellationToken: Cancellation);
        await index.CommitAsync(Cancellation);
        await index.ReloadAsync(Cancellation);

        Assert.Equal(indexed.Added, await index.ReadStateAsync(Cancellation));
        Assert.Equal(indexed.Added.Count + 1, indexed.NextId);
        Assert.Contains("TantivyHost.cs", (await index.QueryAsync("\"class TantivyHost\"", cancellationToken: Cancellation)).Titles);
    }

    [Fact]
    public async Task Grafted_segments_are_opened_and_searched()
    {
        await using TantivyHost host = TantivyHost.Start();
        TantivyIndex source = await host.CreateAsync(_directory.Combine("source"), cancellationToken: Cancellation);
        await source.AddAsync(from: 1, count: 5, cancellationToken: Cancellation);
        await source.CommitAsync(Cancellation);
        await source.DeleteAsync([1], Cancellation);
        await source.CommitAsync(Cancellation);
        await source.CloseWriterAsync(Cancellation);

        string path = _directory.Combine("many");
        TantivyIndex many = await host.CreateAsync(path, cancellationToken: Cancellation);
        await many.GraftAsync(source.Directory, copies: 50, Cancellation);

        TantivyIndex opened = await host.OpenAsync(path, cancellationToken: Cancellation);
        Assert.Equal(50, await opened.CountSegmentsAsync(Cancellation));
        Assert.Equal(200, (await opened.ReadStateAsync(Cancellation)).Count);
        Assert.Equal(200, (await opened.QueryAsync("\"sample document\"", cancellationToken: Cancellation)).Total);

        await opened.AddAsync(from: 6, count: 1, cancellationToken: Cancellation);
        await opened.CommitAsync(Cancellation);
        await opened.CloseWriterAsync(Cancellation);
        await opened.ReloadAsync(Cancellation);
        Assert.Equal(201, await opened.CountAsync(Cancellation));
        Assert.InRange(await opened.CountSegmentsAsync(Cancellation), 1, 49);
    }

    [Fact]
    public async Task The_payload_and_the_uncompressed_doc_store_are_in_the_meta_file()
    {
        string path = _directory.Combine("index");
        await using TantivyHost host = TantivyHost.Start();
        TantivyIndex index = await host.CreateAsync(path, new() { DocStore = "none" }, Cancellation);
        await index.AddAsync(from: 1, count: 1, cancellationToken: Cancellation);
        await index.CommitAsync(Cancellation);
        await index.CloseWriterAsync(Cancellation);
        await index.SetPayloadAsync("shipment 7", Cancellation);

        string meta = await File.ReadAllTextAsync(Path.Combine(path, "meta.json"), Cancellation);
        Assert.Contains("\"docstore_compression\": \"none\"", meta, StringComparison.Ordinal);
        Assert.Contains("\"payload\": \"shipment 7\"", meta, StringComparison.Ordinal);
        Assert.Equal(1, (await TantivyHost.ReadStateAsync(path, Cancellation)).Count);
    }
}
