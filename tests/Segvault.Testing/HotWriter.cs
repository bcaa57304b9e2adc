using System.Text.Json.Nodes;

namespace Segvault.Testing;

/// <summary>How busy a <see cref="HotWriter"/> is.</summary>
internal sealed record HotWriterOptions
{
    /// <summary>Milliseconds between two commits.</summary>
    public int Interval { get; init; } = 30;

    /// <summary>Documents added in each commit; at least one, so that no two commits hold the same documents.</summary>
    public int Adds { get; init; } = 20;

    /// <summary>Documents deleted in each commit.</summary>
    public int Deletes { get; init; } = 8;

    /// <summary>From this number of live documents on, as many are deleted as are added.</summary>
    public int MaxDocuments { get; init; } = 4000;

    /// <summary>Words in each document.</summary>
    public int Words { get; init; } = 40;

    /// <summary>What documents and choices are made from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Indexing threads: a commit writes up to one segment for each.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Stops by itself after this many commits; 0 goes on until it is stopped.</summary>
    public int Commits { get; init; }
}

/// <summary>What a <see cref="HotWriter"/> did before it stopped.</summary>
/// <param name="Commits">Commits that Tantivy acknowledged.</param>
/// <param name="Failed">Commits that Tantivy refused.</param>
/// <param name="Added">Documents added in all.</param>
/// <param name="Deleted">Documents deleted in all.</param>
/// <param name="LongestCommit">The longest time a commit took.</param>
/// <param name="Errors">What failed commits and merges said.</param>
/// <param name="Final">The documents at the end.</param>
internal sealed record HotWriterSummary(
    int Commits, int Failed, long Added, long Deleted, TimeSpan LongestCommit, IReadOnlyList<string> Errors, IndexState Final);

/// <summary>
/// An application that never rests: it commits every few tens of milliseconds, deletes, and lets Tantivy merge, in a process of its own.
/// Its journal says what every commit held.
/// </summary>
internal sealed class HotWriter : IAsyncDisposable
{
    private readonly NodeProcess _node;
    private readonly string _journal;

    private HotWriter(NodeProcess node, string journal) => (_node, _journal) = (node, journal);

    public int ProcessId => _node.Id;

    /// <summary>Starts writing to a new index and returns after the first commit. The journal must lie outside the index.</summary>
    public static async Task<HotWriter> StartAsync(
        string directory, string journal, HotWriterOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        NodeProcess node = NodeProcess.Start(
            "writer.js",
            "--directory", directory,
            "--journal", journal,
            "--stdin",
            $"--interval={options.Interval}",
            $"--adds={options.Adds}",
            $"--deletes={options.Deletes}",
            $"--max-documents={options.MaxDocuments}",
            $"--words={options.Words}",
            $"--seed={options.Seed}",
            $"--threads={options.Threads}",
            $"--commits={options.Commits}");
        HotWriter writer = new(node, journal);
        try
        {
            await writer.WaitForAsync("ready", cancellationToken);
            return writer;
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks the writer to stop, waits for its merges and reads its account. After that the journal is complete.</summary>
    public async Task<HotWriterSummary> StopAsync(CancellationToken cancellationToken = default)
    {
        _node.EndInput();
        JsonNode summary = await WaitForAsync("stopped", cancellationToken);
        await _node.WaitForExitAsync(cancellationToken);
        return new HotWriterSummary(
            (int)summary["commits"]!,
            (int)summary["failed"]!,
            (long)summary["added"]!,
            (long)summary["deleted"]!,
            TimeSpan.FromMilliseconds((double)summary["longestCommitMs"]!),
            [.. summary["errors"]!.AsArray().Select(error => (string)error!)],
            IndexState.From(summary));
    }

    /// <summary>Kills the writer as a power cut would, perhaps inside a commit.</summary>
    public Task KillAsync() => _node.KillAsync();

    public HotWriterJournal ReadJournal() => HotWriterJournal.Read(_journal);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private async Task<JsonNode> WaitForAsync(string wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            JsonNode line = JsonNode.Parse(await _node.ReadLineAsync(cancellationToken))!;
            if ((string?)line["event"] == wanted)
                return line;
        }
    }
}
