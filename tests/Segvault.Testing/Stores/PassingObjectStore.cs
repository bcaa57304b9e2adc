using Segvault.Storage;

namespace Segvault.Testing.Stores;

/// <summary>Passes every call on to another store. Derived ones do one thing otherwise.</summary>
internal abstract class PassingObjectStore(ObjectStore inner) : ObjectStore
{
    public override string Location => inner.Location;

    public override ValueTask<ObjectUpload> CreateAsync(string name, CancellationToken cancellationToken) => inner.CreateAsync(name, cancellationToken);

    public override ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) => inner.ReadAsync(name, cancellationToken);

    public override ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        inner.ReadAsync(name, offset, buffer, cancellationToken);

    public override ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken) => inner.GetLengthAsync(name, cancellationToken);

    public override IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public override ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);

    public override ValueTask<bool> AdoptAsync(string name, CancellationToken cancellationToken) => inner.AdoptAsync(name, cancellationToken);

    public override ValueTask BarrierAsync(CancellationToken cancellationToken) => inner.BarrierAsync(cancellationToken);
}
