using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Runs the conformance suite in the directory of a repository, or in one that could become one.</summary>
internal static class StoreTrial
{
    public static async Task<StoreConformanceReport> RunAsync(
        string directory, StoreConformanceOptions? options, IProgress<StoreCheckResult>? progress, CancellationToken cancellationToken)
    {
        var store = new LocalObjectStore(directory);
        var isRepository = File.Exists(Path.Combine(store.Root, RepositoryDescriptor.ObjectName));
        if (!isRepository)
            RepositoryInitializer.EnsureOurs(store);
        await new Leftovers(store, TimeProvider.System).RemoveAsync(cancellationToken).ConfigureAwait(false);
        var undo = new UnfinishedRepository(store);
        try
        {
            return await StoreConformance.RunAsync(Open, options, progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            undo.Remove();
        }

        LocalObjectStore Open() => new(directory) { Witness = isRepository ? RepositoryDescriptor.ObjectName : null };
    }
}
