using System.Text.Json.Nodes;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Makes real indexes of every shape that a backup must hold.</summary>
internal static class IndexShapes
{
    public static readonly IReadOnlyDictionary<string, Func<TantivyHost, string, Task>> All = new Dictionary<string, Func<TantivyHost, string, Task>>(StringComparer.Ordinal)
    {
        ["empty"] = async (host, path) => await host.CreateAsync(path, cancellationToken: Token),
        ["one segment"] = (host, path) => CommitAsync(host, path, commits: 1),
        ["merged segments"] = (host, path) => CommitAsync(host, path, commits: 11),
        ["many segments"] = ManySegmentsAsync,
        ["deleted documents"] = (host, path) => CommitAsync(host, path, commits: 3, delete: [2, 3, 70, 71, 72, 140]),
        ["every document deleted"] = (host, path) => CommitAsync(host, path, commits: 2, delete: Enumerable.Range(1, 120).Select(id => (long)id)),
        ["uncompressed documents"] = (host, path) => CommitAsync(host, path, commits: 2, options: new() { DocStore = "none" }),
        ["two indexing threads"] = (host, path) => CommitAsync(host, path, commits: 1, options: new() { WriterThreads = 2 }),
        ["payload"] = PayloadAsync,
        ["orphans and temporary files"] = OrphansAsync,
        ["foreign files"] = ForeignFilesAsync,
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task CommitAsync(
        TantivyHost host, string path, int commits, IEnumerable<long>? delete = null, TantivyIndexOptions? options = null)
    {
        var index = await host.CreateAsync(path, options, Token);
        for (var commit = 0; commit < commits; commit++)
            await BackupBench.CommitAsync(index, 1 + (commit * 60), 60);
        if (delete is not null)
            await BackupBench.CommitAsync(index, 0, 0, delete);
        await index.CloseWriterAsync(Token);
    }

    /// <summary>The merge policy would not leave so many.</summary>
    private static async Task ManySegmentsAsync(TantivyHost host, string path)
    {
        await CommitAsync(host, path + "-source", commits: 2, delete: [5, 6]);
        var index = await host.CreateAsync(path, cancellationToken: Token);
        await index.GraftAsync(path + "-source", copies: 12, Token);
        Assert.Equal(24, Directory.GetFiles(path, "*.store").Length);
    }

    private static async Task PayloadAsync(TantivyHost host, string path)
    {
        var index = await host.CreateAsync(path, cancellationToken: Token);
        await BackupBench.CommitAsync(index, 1, 10);
        await index.CloseWriterAsync(Token);
        await index.SetPayloadAsync("shipment 7, \"quoted\", größer", Token);
    }

    /// <summary>What a crashed writer leaves: files that it had begun, known to Tantivy, and a temporary file, forgotten by everyone.</summary>
    private static async Task OrphansAsync(TantivyHost host, string path)
    {
        await CommitAsync(host, path, commits: 2);
        var managedPath = Path.Combine(path, ".managed.json");
        var managed = JsonNode.Parse(await File.ReadAllTextAsync(managedPath, Token))!.AsArray();
        foreach (var file in Directory.GetFiles(path, "*.*").Where(file => Path.GetFileName(file).Length > 33 && Path.GetFileName(file)[32] == '.'))
        {
            var orphan = "00000000000000000000000000000bad" + Path.GetExtension(file);
            File.Copy(file, Path.Combine(path, orphan), overwrite: true);
            managed.Add(orphan);
        }

        await File.WriteAllTextAsync(managedPath, managed.ToJsonString(), Token);
        await File.WriteAllTextAsync(Path.Combine(path, ".tmpAb3dE9"), "{ half a meta", Token);
    }

    private static async Task ForeignFilesAsync(TantivyHost host, string path)
    {
        await CommitAsync(host, path, commits: 1);
        await File.WriteAllTextAsync(Path.Combine(path, "notes, with a comma.txt"), "ours", Token);
        Directory.CreateDirectory(Path.Combine(path, "exports"));
        await File.WriteAllTextAsync(Path.Combine(path, "exports", "meta.json"), "{}", Token);
    }
}
