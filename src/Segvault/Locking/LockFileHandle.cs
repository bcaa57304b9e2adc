using Medallion.Threading;
using Segvault.IO;

namespace Segvault.Locking;

/// <summary>A held lock of a <see cref="LockFileProvider"/>. Disposing deletes the file, if the path still leads to it, and releases the lock.</summary>
internal sealed class LockFileHandle(AdvisoryLock held, TimeProvider clock) : IDistributedSynchronizationHandle
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _lost = new();
    private ITimer? _timer;
    private bool _released;
    private bool _missedBefore;

    /// <summary>The lock file. A hard link to it in a directory that is then exchanged with this one keeps the lock held.</summary>
    public string Path => held.Path;

    /// <summary>True while the path leads to the file that is locked. Throws <see cref="IOException"/> when that cannot be found out.</summary>
    public bool IsStillHeld => !_released && held.IsStillAt(held.Path);

    /// <summary>Cancelled some seconds after the lock file was deleted or replaced. Looking begins when this is first asked for.</summary>
    public CancellationToken HandleLostToken
    {
        get
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_released, this);
                _timer ??= clock.CreateTimer(_ => Look(), null, BetweenLooks, BetweenLooks);
                return _lost.Token;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_released)
                return;
            _released = true;
            _timer?.Dispose();
        }

        held.DeleteAndRelease();
        _lost.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_released || !IsMissing())
                return;
            _timer?.Dispose();

            // Asynchronously, because callers' callbacks may dispose this handle.
            _ = _lost.CancelAsync();
        }
    }

    /// <summary>True when two looks in a row find another file or none: while a directory is put in place of another there may be none for a moment.</summary>
    private bool IsMissing()
    {
        try
        {
            bool missed = !IsStillHeld;
            (bool before, _missedBefore) = (_missedBefore, missed);
            return missed && before;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
