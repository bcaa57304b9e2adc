namespace Segvault.Content;

/// <summary>Where the bytes of one backup's files come from: the packs of a repository, or archives.</summary>
internal abstract class ContentSource : IAsyncDisposable
{
    /// <summary>Bytes read from where the backup is kept so far.</summary>
    public abstract long BytesFetched { get; }

    /// <summary>Bytes that reading a file takes from where the backup is kept.</summary>
    public abstract ValueTask<long> StoredLengthAsync(BackupFile file, CancellationToken cancellationToken);

    /// <summary>Reads a small file whole.</summary>
    /// <exception cref="DamageException">The bytes are not those that were backed up.</exception>
    public abstract Task<byte[]> ReadAllAsync(BackupFile file, CancellationToken cancellationToken);

    /// <summary>
    /// Delivers files, in an order of its own and several at once if that suits it; the bytes of each in their order. Who takes the bytes
    /// compares their SHA-256. A source that is read as a whole checks on the way what was not asked for as well.
    /// </summary>
    /// <exception cref="DamageException">The bytes are not those that were backed up.</exception>
    public abstract Task ReadAsync(IReadOnlyCollection<BackupFile> files, Func<BackupFile, IContentSink> open, CancellationToken cancellationToken);

    /// <summary>Says that what this source delivered, or its manifest, is wrong.</summary>
    /// <param name="file">The file that is wrong; null for the manifest.</param>
    /// <param name="message">What is wrong.</param>
    public abstract DamageException Damaged(BackupFile? file, string message);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>Takes the bytes of one file, in order.</summary>
internal interface IContentSink : IAsyncDisposable
{
    ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>The file is complete. Without this, disposing gives it up.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
