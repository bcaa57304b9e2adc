using Medallion.Threading;

namespace Segvault.Locking;

/// <summary>The lock on one index, held for one operation. Work runs through it, so that losing the lock stops the work.</summary>
internal sealed class IndexLock : IAsyncDisposable
{
    private readonly IDistributedSynchronizationHandle? _handle;

    private IndexLock(IDistributedSynchronizationHandle? handle, string? whyNot = null)
    {
        _handle = handle;
        WhyNot = whyNot;
    }

    /// <summary>False when the directory cannot be written, so that no lock could be taken.</summary>
    public bool IsHeld => _handle is not null;

    /// <summary>What kept the lock from being taken; null when it is held.</summary>
    public string? WhyNot { get; }

    /// <summary>Locks an index, waiting as long as is allowed.</summary>
    /// <param name="provider">Null means a lock file inside the directory.</param>
    /// <param name="directory">The index directory.</param>
    /// <param name="name">The name of the lock; null means the directory.</param>
    /// <param name="wait">How long to wait.</param>
    /// <param name="mayGoWithout">True to go on where the directory cannot be written. A lock that was asked for elsewhere is never done without.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="IndexBusyException">Somebody else holds it.</exception>
    public static async Task<IndexLock> AcquireAsync(
        IDistributedLockProvider? provider, string directory, string? name, TimeSpan wait, bool mayGoWithout, CancellationToken cancellationToken)
    {
        var taken = (provider ?? new LockFileProvider()).CreateLock(provider is null ? directory : name ?? directory);
        try
        {
            var handle = await taken.TryAcquireAsync(wait, cancellationToken).ConfigureAwait(false);
            if (handle is not null)
                return new IndexLock(handle);
        }
        catch (LockUnavailableException exception) when (mayGoWithout && provider is null)
        {
            return new IndexLock(null, Reason(exception));
        }
        catch (LockUnavailableException exception)
        {
            var denied = exception.InnerException is UnauthorizedAccessException;
            throw new SegvaultException(
                denied ? ErrorCode.PermissionDenied : ErrorCode.IoFailed,
                $"{directory} cannot be locked: {Reason(exception)}.",
                denied ? "Run as a user who may write there, or lock elsewhere with --lock." : "Mend what is named there, or lock elsewhere with --lock.",
                exception);
        }

        var holder = taken is LockFileLock file ? LockFileProvider.DescribeHolder(file.Path) : null;
        throw new IndexBusyException(
            ErrorCode.IndexLocked,
            $"Another backup or restore holds {directory}{(holder is null ? "" : $": {holder}")}.",
            "Wait for it to end, or give --wait DURATION.",
            holder);
    }

    /// <summary>Runs work that must stop when the lock is lost.</summary>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        if (_handle is null || !_handle.HandleLostToken.CanBeCanceled)
            return await work(cancellationToken).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _handle.HandleLostToken);
        try
        {
            return await work(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (_handle.HandleLostToken.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SegvaultException(
                ErrorCode.LockLost,
                "The lock on the index was lost while work was under way, so the work was stopped.",
                "Nothing was recorded or replaced. Find out why the lock was lost, then run the command again.",
                exception,
                isTransient: true);
        }
    }

    private static string Reason(LockUnavailableException exception) => (exception.InnerException ?? exception).Message.TrimEnd('.');

    public async ValueTask DisposeAsync()
    {
        if (_handle is not null)
            await _handle.DisposeAsync().ConfigureAwait(false);
    }
}
