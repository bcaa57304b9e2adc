using Segvault.Storage;

namespace Segvault.Testing.Stores;

/// <summary>An upload whose calls meet the faults of its store. What it writes is kept until it is complete, so that it can be cut short.</summary>
internal sealed class FaultyUpload(FaultyObjectStore store, string name, ObjectUpload inner) : ObjectUpload
{
    private readonly MemoryStream _content = new();
    private bool _isPassedOn;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => await store.RunAsync(StoreVerb.Write, name, _ =>
    {
        cancellationToken.ThrowIfCancellationRequested();
        _content.Write(bytes.Span);
        return new ValueTask<bool>(true);
    });

    public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken) => store.RunAsync(StoreVerb.Complete, name, async call =>
    {
        if (!_isPassedOn)
        {
            _isPassedOn = true;
            int length = (int)_content.Length;
            await inner.WriteAsync(_content.ToArray().AsMemory(0, call.Fault == Fault.Shorten && length > 0 ? length - FaultyObjectStore.Cut(length) : length), cancellationToken);
        }

        return await inner.CompleteAsync(cancellationToken);
    });

    // What lands later does so after its client is gone, so it is the store that lets go of it then.
    public override ValueTask DisposeAsync() => store.HasOnItsWay ? ValueTask.CompletedTask : inner.DisposeAsync();
}
