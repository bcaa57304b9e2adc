using Segvault.IO;
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
        try
        {
            return new BackupRepository(store, await RepositoryInitializer.InitializeAsync(store, timeProvider, cancellationToken).ConfigureAwait(false), timeProvider);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw Denied(store, "made", "Run as a user who may write there, or choose another place.", exception);
        }
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
        var descriptor = await ReadDescriptorAsync(store, cancellationToken).ConfigureAwait(false)
            ?? throw new RepositoryNotFoundException(
                store.Location,
                $"There is no repository at {store.Location}.",
                "Check the path, or make a repository there with `segvault init`.");
        return new BackupRepository(store, descriptor, timeProvider ?? TimeProvider.System);
    }

    private static async Task<RepositoryDescriptor?> ReadDescriptorAsync(ObjectStore store, CancellationToken cancellationToken)
    {
        try
        {
            return await RepositoryInitializer.ReadDescriptorAsync(store, cancellationToken).ConfigureAwait(false);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw Denied(store, "read", "Run as its owner or as root: a repository is its owner's alone.", exception);
        }
    }

    private static SegvaultException Denied(ObjectStore store, string done, string hint, UnauthorizedAccessException exception)
    {
        var owner = store is LocalObjectStore local && FileOwnership.DescribeOwner(local.Root) is { } known ? $"; {known}" : "";
        return new SegvaultException(ErrorCode.PermissionDenied, $"The repository at {store.Location} may not be {done} by this user{owner}.", hint, exception);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Objects.Store.DisposeAsync();
}
