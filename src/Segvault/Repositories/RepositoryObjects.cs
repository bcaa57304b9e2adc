using Segvault.IO;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>What operations work with: the store, and what is kept in it.</summary>
internal sealed class RepositoryObjects
{
    public RepositoryObjects(ObjectStore store, RepositoryDescriptor descriptor, TimeProvider timeProvider)
    {
        Store = store;
        Descriptor = descriptor;
        Id = descriptor.Id;
        Log = new TransactionLog(store, Id, timeProvider);
        Manifests = new ManifestStore(store, Id);
    }

    public ObjectStore Store { get; }

    public RepositoryDescriptor Descriptor { get; }

    public ObjectId Id { get; }

    public TransactionLog Log { get; }

    public ManifestStore Manifests { get; }

    /// <summary>The repository's directory, when it is a local one.</summary>
    public string? LocalDirectory => (Store as LocalObjectStore)?.Root;

    /// <summary>Refuses a directory that lies inside the repository or around it.</summary>
    /// <param name="directory">The directory, by its real path.</param>
    /// <param name="what">What it is, such as "The target /srv/index".</param>
    /// <param name="hint">What to do instead.</param>
    /// <exception cref="RefusedException">It does.</exception>
    public void EnsureApart(string directory, string what, string hint)
    {
        if (LocalDirectory is { } local && RealPath.Overlap(RealPath.Resolve(local), directory))
            throw new RefusedException(ErrorCode.PathsOverlap, $"{what} and the repository {local} lie within one another.", hint);
    }

    public Task<BackupManifest> ReadManifestAsync(AddBody add, CancellationToken cancellationToken) =>
        Manifests.ReadAsync(add.Id, add.ManifestSha256, cancellationToken);

    /// <summary>Every pack in the store, with its size.</summary>
    public async Task<Dictionary<ObjectId, long>> ListPacksAsync(CancellationToken cancellationToken)
    {
        var packs = await ListStoredPacksAsync(cancellationToken).ConfigureAwait(false);
        return packs.ToDictionary(pack => pack.Key, pack => pack.Value.Length);
    }

    /// <summary>Every pack in the store, with what the listing says of it.</summary>
    public async Task<Dictionary<ObjectId, StoredObject>> ListStoredPacksAsync(CancellationToken cancellationToken)
    {
        var packs = new Dictionary<ObjectId, StoredObject>();
        await foreach (var stored in Store.ListAsync(PackFormat.Prefix, cancellationToken).ConfigureAwait(false))
        {
            if (ObjectId.TryParse(stored.Name.AsSpan(PackFormat.Prefix.Length), out var id))
                packs[id] = stored;
        }

        return packs;
    }
}
