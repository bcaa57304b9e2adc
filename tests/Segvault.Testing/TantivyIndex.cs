using System.Text.Json.Nodes;

namespace Segvault.Testing;

/// <summary>The answer to a query: how many documents match, and the best of them.</summary>
internal sealed record QueryResult(long Total, IReadOnlyList<long> Ids, IReadOnlyList<string> Titles);

/// <summary>What was indexed from a directory of source files.</summary>
/// <param name="Added">The documents added, as a set of their own.</param>
/// <param name="NextId">The first id not used.</param>
/// <param name="Bytes">Bytes of text indexed.</param>
internal sealed record IndexedFiles(IndexState Added, long NextId, long Bytes);

/// <summary>
/// An index open in a <see cref="TantivyHost"/>, with the fields id (u64), title and body (text), all stored. Its reader sees
/// what was committed when it was opened or last reloaded; its writer exists from the first write until <see cref="CloseWriterAsync"/>.
/// </summary>
internal sealed class TantivyIndex
{
    private readonly TantivyHost _host;
    private readonly int _handle;

    internal TantivyIndex(TantivyHost host, int handle, string directory) => (_host, _handle, Directory) = (host, handle, directory);

    public string Directory { get; }

    /// <summary>
    /// Adds generated documents with the ids <paramref name="from"/> and up; the same seed gives the same text. Each holds the phrase
    /// "segvault sample document" and its id as a word. Returns the set that was added, which is not yet committed.
    /// </summary>
    public async Task<IndexState> AddAsync(long from, int count, int seed = 1, int words = 40, CancellationToken cancellationToken = default) =>
        IndexState.From(await SendAsync("add", new() { ["from"] = from, ["count"] = count, ["seed"] = seed, ["words"] = words }, cancellationToken));

    /// <summary>Adds real files with these extensions, in a fixed order: title is the relative path, body the text. Not yet committed.</summary>
    /// <param name="directory">Where to look, all levels.</param>
    /// <param name="firstId">The id of the first document; the others follow.</param>
    /// <param name="skip">Files to leave out at the beginning.</param>
    /// <param name="limit">Files to index at most.</param>
    /// <param name="copies">Documents to make of each file, for large indexes.</param>
    /// <param name="extensions">With the dot; without any, .cs and .go.</param>
    /// <param name="cancellationToken">Stops waiting; the host finishes what it has begun.</param>
    public async Task<IndexedFiles> AddFilesAsync(
        string directory,
        long firstId = 1,
        int skip = 0,
        int limit = int.MaxValue,
        int copies = 1,
        IEnumerable<string>? extensions = null,
        CancellationToken cancellationToken = default)
    {
        JsonArray wanted = [.. (extensions ?? [".cs", ".go"]).Select(extension => (JsonNode)extension)];
        JsonNode result = await SendAsync(
            "addFiles",
            new() { ["directory"] = directory, ["firstId"] = firstId, ["skip"] = skip, ["limit"] = limit, ["copies"] = copies, ["extensions"] = wanted },
            cancellationToken);
        return new IndexedFiles(IndexState.From(result), (long)result["nextId"]!, (long)result["bytes"]!);
    }

    /// <summary>Deletes the documents with these ids at the next commit.</summary>
    public Task DeleteAsync(IEnumerable<long> ids, CancellationToken cancellationToken = default) =>
        SendAsync("delete", new() { ["ids"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]) }, cancellationToken);

    /// <summary>Deletes the documents that match, in Tantivy's query language, at the next commit.</summary>
    public Task DeleteMatchingAsync(string query, CancellationToken cancellationToken = default) =>
        SendAsync("deleteQuery", new() { ["text"] = query }, cancellationToken);

    /// <summary>Deletes every document at the next commit, which leaves no segment and takes the opstamp back.</summary>
    public Task DeleteAllAsync(CancellationToken cancellationToken = default) => SendAsync("deleteAll", [], cancellationToken);

    /// <summary>Commits and returns the opstamp. May start merges, which go on in the background.</summary>
    public async Task<ulong> CommitAsync(CancellationToken cancellationToken = default) =>
        ulong.Parse((string)(await SendAsync("commit", [], cancellationToken))["opstamp"]!);

    /// <summary>Forgets everything since the last commit.</summary>
    public Task RollbackAsync(CancellationToken cancellationToken = default) => SendAsync("rollback", [], cancellationToken);

    /// <summary>Lets Tantivy delete the files that no segment needs any more.</summary>
    public Task CollectGarbageAsync(CancellationToken cancellationToken = default) => SendAsync("gc", [], cancellationToken);

    /// <summary>Waits until all merges are done and gives the writer lock back. The next write makes a new writer.</summary>
    public Task CloseWriterAsync(CancellationToken cancellationToken = default) => SendAsync("close", [], cancellationToken);

    /// <summary>Makes the reader see the last commit.</summary>
    public Task ReloadAsync(CancellationToken cancellationToken = default) => SendAsync("reload", [], cancellationToken);

    /// <summary>Live documents, as the reader sees them.</summary>
    public async Task<long> CountAsync(CancellationToken cancellationToken = default) =>
        (long)(await SendAsync("count", [], cancellationToken))["documents"]!;

    /// <summary>Segments, as the reader sees them.</summary>
    public async Task<int> CountSegmentsAsync(CancellationToken cancellationToken = default) =>
        (int)(await SendAsync("count", [], cancellationToken))["segments"]!;

    /// <summary>Searches title and body in Tantivy's query language, as the reader sees them.</summary>
    public async Task<QueryResult> QueryAsync(string query, int limit = 10, CancellationToken cancellationToken = default)
    {
        JsonNode result = await SendAsync("query", new() { ["text"] = query, ["limit"] = limit }, cancellationToken);
        return new QueryResult(
            (long)result["total"]!,
            [.. result["ids"]!.AsArray().Select(id => (long)id!)],
            [.. result["titles"]!.AsArray().Select(title => (string)title!)]);
    }

    /// <summary>Reads every stored document, as the reader sees them, and sums them up.</summary>
    public async Task<IndexState> ReadStateAsync(CancellationToken cancellationToken = default) =>
        IndexState.From(await SendAsync("state", [], cancellationToken));

    /// <summary>Puts a commit payload into meta.json, which the binding cannot. Only after <see cref="CloseWriterAsync"/>.</summary>
    public Task SetPayloadAsync(string payload, CancellationToken cancellationToken = default) =>
        SendAsync("payload", new() { ["text"] = payload }, cancellationToken);

    /// <summary>
    /// Copies every segment of another index into this one as often as asked, under new names, past the merge policy: this is how to get
    /// a real index of thousands of files. Only after <see cref="CloseWriterAsync"/>; open the index anew before writing.
    /// </summary>
    public Task GraftAsync(string sourceIndex, int copies = 1, CancellationToken cancellationToken = default) =>
        SendAsync("graft", new() { ["source"] = sourceIndex, ["copies"] = copies }, cancellationToken);

    private Task<JsonNode> SendAsync(string command, JsonObject request, CancellationToken cancellationToken)
    {
        request["command"] = command;
        request["index"] = _handle;
        return _host.SendAsync(request, cancellationToken);
    }
}
