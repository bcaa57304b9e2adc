using Segvault.Storage;

namespace Segvault.Testing.Stores;

/// <summary>A store that may be looked at and nothing else.</summary>
internal sealed class ReadOnlyStore(ObjectStore inner) : PassingObjectStore(inner)
{
    public override ValueTask<ObjectUpload> CreateAsync(string name, CancellationToken cancellationToken) => throw new UnauthorizedAccessException("This store is looked at only.");

    public override ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken) => throw new UnauthorizedAccessException("This store is looked at only.");
}
