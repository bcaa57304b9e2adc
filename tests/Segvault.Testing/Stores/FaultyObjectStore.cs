using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Segvault.Storage;

namespace Segvault.Testing.Stores;

/// <summary>Records every call of another store, and lets a test make calls fail or do something beside them.</summary>
internal sealed class FaultyObjectStore(ObjectStore inner) : ObjectStore
{
    private int _calls;

    public ConcurrentQueue<StoreCall> Calls { get; } = [];

    /// <summary>Decides about each call. May throw itself, or do what another client would do at that moment.</summary>
    public Func<StoreCall, Fault> OnCall { get; set; } = _ => Fault.None;

    /// <summary>Waited for before each call is passed on.</summary>
    public Func<StoreCall, Task> BeforeCall { get; set; } = _ => Task.CompletedTask;

    public override string Location => inner.Location;

    public void Forget()
    {
        Calls.Clear();
        _calls = 0;
    }

    public override ValueTask<ObjectUpload> CreateAsync(string name, CancellationToken cancellationToken) =>
        RunAsync<ObjectUpload>(StoreVerb.Create, name, async () => new Upload(this, name, await inner.CreateAsync(name, cancellationToken)));

    public override ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(StoreVerb.Read, name, () => inner.ReadAsync(name, cancellationToken));

    public override ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        RunAsync(StoreVerb.ReadRange, name, () => inner.ReadAsync(name, offset, buffer, cancellationToken));

    public override ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(StoreVerb.Length, name, () => inner.GetLengthAsync(name, cancellationToken));

    public override async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await RunAsync(StoreVerb.List, prefix, () => new ValueTask<bool>(true));
        await foreach (var stored in inner.ListAsync(prefix, cancellationToken))
            yield return stored;
    }

    public override ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(StoreVerb.Delete, name, () => inner.DeleteAsync(name, cancellationToken));

    public override ValueTask<bool> AdoptAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(StoreVerb.Adopt, name, () => inner.AdoptAsync(name, cancellationToken));

    public override async ValueTask BarrierAsync(CancellationToken cancellationToken) =>
        await RunAsync(StoreVerb.Barrier, "", async () =>
        {
            await inner.BarrierAsync(cancellationToken);
            return true;
        });

    private async ValueTask<T> RunAsync<T>(StoreVerb verb, string name, Func<ValueTask<T>> action)
    {
        var call = new StoreCall(Interlocked.Increment(ref _calls) - 1, verb, name);
        Calls.Enqueue(call);
        await BeforeCall(call);
        var fault = OnCall(call);
        if (fault == Fault.FailBefore)
            throw new IOException($"injected: {verb} {name} failed");
        var result = await action();
        return fault == Fault.FailAfter ? throw new IOException($"injected: the reply to {verb} {name} was lost") : result;
    }

    private sealed class Upload(FaultyObjectStore store, string name, ObjectUpload inner) : ObjectUpload
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            await store.RunAsync(StoreVerb.Write, name, async () =>
            {
                await inner.WriteAsync(bytes, cancellationToken);
                return true;
            });

        public override ValueTask<bool> CompleteAsync(CancellationToken cancellationToken) =>
            store.RunAsync(StoreVerb.Complete, name, () => inner.CompleteAsync(cancellationToken));

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
