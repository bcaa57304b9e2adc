namespace Segvault;

/// <summary>A repository of backups: write-once objects in a store that can create an object only if it is absent.</summary>
public sealed class BackupRepository : IAsyncDisposable
{
    private BackupRepository(string location) => Location = location;

    /// <summary>Where the repository is.</summary>
    public string Location { get; }

    /// <summary>Makes a repository in a directory, after checking that the store there can hold one. An existing repository is opened as it is.</summary>
    public static Task<BackupRepository> CreateAsync(string directory, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("stub");

    /// <summary>Opens the repository in a directory.</summary>
    /// <exception cref="RepositoryNotFoundException">There is none.</exception>
    public static Task<BackupRepository> OpenAsync(string directory, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("stub");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
