namespace Segvault.Storage;

/// <summary>
/// Write-once objects under names: the one thing a repository needs of a place to live in. An object becomes visible whole or not at all,
/// is never changed, and <see cref="ObjectUpload.CompleteAsync"/> lets exactly one of several racing writers of a name win.
/// Names are those that <see cref="IsName"/> accepts; none is the beginning of another up to a <c>/</c>. <see cref="StoreConformance"/> tries all of this out.
/// </summary>
public abstract class ObjectStore : IAsyncDisposable
{
    /// <summary>How many characters a name has at most.</summary>
    public const int LongestName = 255;

    /// <summary>How many characters a name has at most between two <c>/</c>: every file system takes as many.</summary>
    public const int LongestNamePart = 128;

    /// <summary>Where the store is, for messages.</summary>
    public abstract string Location { get; }

    /// <summary>Starts writing an object. Nothing is visible until the upload is completed; disposing it before discards it.</summary>
    public abstract ValueTask<ObjectUpload> CreateAsync(string name, CancellationToken cancellationToken);

    /// <summary>Reads a whole object; null when it is absent.</summary>
    public abstract ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken);

    /// <summary>Reads a part of an object into a buffer; returns the bytes read, fewer only where the object ends, or -1 when it is absent.</summary>
    public abstract ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>The length of an object in bytes; null when it is absent.</summary>
    public abstract ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken);

    /// <summary>Lists the objects whose names begin with a prefix that ends in <c>/</c>, in no particular order.</summary>
    public abstract IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Deletes an object; false when it was absent.</summary>
    public abstract ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Returns once every object that this client completed or read whole before the call would survive a power cut: who builds on what
    /// another client wrote makes sure that it stays.
    /// </summary>
    public abstract ValueTask BarrierAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes an object that another client completed, perhaps one that was killed right after, as durable as one's own: it survives a power cut once
    /// <see cref="BarrierAsync"/> has returned. False when it is absent. Stores that complete nothing before it is durable only look for it.
    /// </summary>
    public virtual async ValueTask<bool> AdoptAsync(string name, CancellationToken cancellationToken) =>
        await GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>Bytes that can still be written; null where that is not known.</summary>
    public virtual long? AvailableBytes => null;

    /// <summary>Frees some room that was held in reserve, for an entry that makes more room; false when there is none (any more).</summary>
    internal virtual bool GiveUpReserve() => false;

    /// <summary>Takes room into reserve again where there is plenty. Best effort.</summary>
    internal virtual void RenewReserve()
    {
    }

    /// <summary>Bytes of unfinished uploads that were last written to before a time, and so belong to nobody any more.</summary>
    internal virtual long CountStaleUploads(DateTimeOffset before) => 0;

    /// <summary>Deletes those; returns the bytes freed.</summary>
    internal virtual long RemoveStaleUploads(DateTimeOffset before) => 0;

    /// <summary>Writes a whole object; false when one of that name exists already.</summary>
    public async ValueTask<bool> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var upload = await CreateAsync(name, cancellationToken).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            await upload.WriteAsync(content, cancellationToken).ConfigureAwait(false);
            return await upload.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// True for the names that objects can have: parts of lowercase letters, digits, <c>-</c> and <c>.</c>, with a <c>/</c> between them; no part is
    /// <c>.</c> or <c>..</c>. A store refuses every other with an <see cref="ArgumentException"/>.
    /// </summary>
    public static bool IsName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length <= LongestName
            && name.Split('/').All(part => part.Length is > 0 and <= LongestNamePart && part is not ("." or ".."))
            && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '.' or '/');
    }

    /// <summary>Removes what a store keeps for names below a prefix that no object has any more, such as directories. Best effort.</summary>
    internal virtual void RemoveEmptyPlaces(string prefix)
    {
    }

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>An object on its way into a store.</summary>
public abstract class ObjectUpload : IAsyncDisposable
{
    /// <summary>Adds bytes to the object.</summary>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Gives the object its name; false when an object of that name exists already. When this throws, the outcome is not known.</summary>
    public abstract ValueTask<bool> CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Discards the object unless it was completed.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>An object in a store.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="ModifiedAt">When it was written, as the store says; a courtesy to people and never a safety argument.</param>
public readonly record struct StoredObject(string Name, long Length, DateTimeOffset ModifiedAt);
