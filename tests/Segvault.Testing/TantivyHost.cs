using System.Text.Json.Nodes;

namespace Segvault.Testing;

/// <summary>
/// The real Tantivy in a process of its own, as an application would use it. One host can hold several indexes; requests are
/// answered one after another. Where Node or the package is missing the test is skipped, or fails if CI is true.
/// </summary>
internal sealed class TantivyHost : IAsyncDisposable
{
    private readonly NodeProcess _node;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private int _lastRequest;

    private TantivyHost(NodeProcess node) => _node = node;

    public int ProcessId => _node.Id;

    public static TantivyHost Start() => new(NodeProcess.Start("host.js"));

    /// <summary>Reads which documents an index holds with a fresh process, which also proves that Tantivy opens it.</summary>
    public static async Task<IndexState> ReadStateAsync(string directory, CancellationToken cancellationToken = default)
    {
        await using TantivyHost host = Start();
        TantivyIndex index = await host.OpenAsync(directory, cancellationToken: cancellationToken);
        return await index.ReadStateAsync(cancellationToken);
    }

    /// <summary>Makes an empty index; the directory may exist. The writer lock is taken at the first write.</summary>
    public Task<TantivyIndex> CreateAsync(string directory, TantivyIndexOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync("create", directory, options ?? new(), cancellationToken);

    /// <summary>Opens an index as a reader sees it now; the writer lock is taken at the first write.</summary>
    public Task<TantivyIndex> OpenAsync(string directory, TantivyIndexOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync("open", directory, options ?? new(), cancellationToken);

    /// <summary>Kills the process as a power cut would: merges and uncommitted documents are lost, temporary files stay.</summary>
    public Task KillAsync() => _node.KillAsync();

    /// <summary>Ends the process. A writer still open is dropped without a commit; its merges are not waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _turn.Dispose();
    }

    internal async Task<JsonNode> SendAsync(JsonObject request, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            int id = ++_lastRequest;
            request["id"] = id;
            await _node.WriteLineAsync(request.ToJsonString(), cancellationToken);
            JsonNode answer;
            do
            {
                // An answer with another id belongs to a request that was cancelled while it waited.
                answer = JsonNode.Parse(await _node.ReadLineAsync(cancellationToken))!;
            }
            while ((int?)answer["id"] != id);
            return answer["error"] is { } error ? throw new TantivyException((string)error!) : answer["result"]!;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<TantivyIndex> OpenAsync(string command, string directory, TantivyIndexOptions options, CancellationToken cancellationToken)
    {
        JsonNode result = await SendAsync(
            new()
            {
                ["command"] = command,
                ["directory"] = directory,
                ["docStore"] = options.DocStore,
                ["positions"] = options.Positions,
                ["threads"] = options.WriterThreads,
                ["memory"] = options.MemoryPerThread,
            },
            cancellationToken);
        return new TantivyIndex(this, (int)result["index"]!, directory);
    }
}
