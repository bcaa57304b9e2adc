using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

/// <summary>Commits, deletes and collects garbage on a thread of its own as fast as it can, and remembers each state it committed.</summary>
internal sealed class FastWriter : IAsyncDisposable
{
    private readonly TantivyFiles _files;
    private readonly ConcurrentDictionary<string, long> _commits = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writing;

    public FastWriter(TantivyFiles files)
    {
        _files = files;
        Remember();
        _writing = Task.Run(Write);
    }

    /// <summary>The documents of the commit that exactly this <c>meta.json</c> made.</summary>
    public long DocumentsOf(byte[] meta) => _commits[JsonNode.Parse(Encoding.UTF8.GetString(meta))!.ToJsonString()];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writing;
        _stop.Dispose();
        Assert.True(_commits.Count > 10, "The writer hardly wrote.");
    }

    private void Write()
    {
        var random = new Random(3);
        while (!_stop.IsCancellationRequested || _commits.Count <= 10)
        {
            _files.AddSegment(random.Next(1, 50));
            _files.AddDelete(_files.Segments[random.Next(_files.Segments.Count)]);
            if (_files.Segments.Count > 8)
                _files.RemoveSegment(_files.Segments[random.Next(4)]);
            Remember();
            _files.WriteMeta();
            _files.CollectGarbage();
        }
    }

    private void Remember() => _commits[_files.MakeMeta().ToJsonString()] = _files.Documents;
}
