using Segvault.Repositories;
using Segvault.Storage;

namespace Segvault;

/// <summary>A repository of backups: write-once objects in a store that can create an object only if it is absent.</summary>
public sealed class BackupRepository : IAsyncDisposable
{
    private BackupRepository(ObjectStore store, RepositoryDescriptor descriptor, TimeProvider timeProvider)
    {
        if (store is LocalObjectStore local)
            local.Witness = RepositoryDescriptor.ObjectName;
        Objects = new RepositoryObjects(store, descriptor, timeProvider);
    }

    /// <summary>Where the repository is.</summary>
    public string Location => Objects.Store.Location;

    internal RepositoryObjects Objects { get; }

    /// <summary>Makes a repository in a directory, after checking that the file system there can hold one. An existing repository is opened as it is.</summary>
    /// <exception cref="RefusedException">The directory holds something else.</exception>
    /// <exception cref="SegvaultException">The store cannot create an object only if it is absent.</exception>
    public static Task<BackupRepository> CreateAsync(string directory, CancellationToken cancellationToken = default) =>
        CreateAsync(new LocalObjectStore(directory), null, cancellationToken);

    /// <summary>Makes a repository in a store, which it then owns. An existing repository is opened as it is.</summary>
    public static async Task<BackupRepository> CreateAsync(ObjectStore store, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        timeProvider ??= TimeProvider.System;
        return new BackupRepository(store, await RepositoryInitializer.InitializeAsync(store, timeProvider, cancellationToken).ConfigureAwait(false), timeProvider);
    }

    /// <summary>Opens the repository in a directory.</summary>
    /// <exception cref="RepositoryNotFoundException">There is none.</exception>
    /// <exception cref="UnsupportedFormatException">It was made by a newer version.</exception>
    public static Task<BackupRepository> OpenAsync(string directory, CancellationToken cancellationToken = default) =>
        OpenAsync(new LocalObjectStore(directory), null, cancellationToken);

    /// <summary>Opens the repository in a store, which it then owns.</summary>
    /// <exception cref="RepositoryNotFoundException">There is none.</exception>
    /// <exception cref="UnsupportedFormatException">It was made by a newer version.</exception>
    public static async Task<BackupRepository> OpenAsync(ObjectStore store, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var descriptor = await RepositoryInitializer.ReadDescriptorAsync(store, cancellationToken).ConfigureAwait(false)
            ?? throw new RepositoryNotFoundException(
                store.Location,
                $"There is no repository at {store.Location}.",
                "Check the path, or make a repository there with `segvault init`.");
        return new BackupRepository(store, descriptor, timeProvider ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Objects.Store.DisposeAsync();
}
