using Medallion.Threading;
using Segvault.IO;

namespace Segvault.Locking;

/// <summary>
/// One lock of a <see cref="LockFileProvider"/>. Acquiring is: create the file if absent, lock it, look whether the path still leads to it
/// (a former holder may just have deleted it), say in it who we are. Waiting is trying again. Every method throws
/// <see cref="LockUnavailableException"/> when the file cannot be created, opened or locked.
/// </summary>
internal sealed class LockFileLock(string name, string path, bool createDirectory, TimeProvider clock) : IDistributedLock
{
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public string Name => name;

    /// <summary>The lock file.</summary>
    public string Path => path;

    public IDistributedSynchronizationHandle Acquire(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        TryAcquire(timeout ?? Timeout.InfiniteTimeSpan, cancellationToken) ?? throw TimedOut();

    public async ValueTask<IDistributedSynchronizationHandle> AcquireAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        await TryAcquireAsync(timeout ?? Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false) ?? throw TimedOut();

    public IDistributedSynchronizationHandle? TryAcquire(TimeSpan timeout = default, CancellationToken cancellationToken = default)
    {
        Deadline deadline = new(timeout, clock);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryOnce() is { } handle)
                return handle;
            if (!deadline.TryGetPause(out TimeSpan pause))
                return null;
            cancellationToken.WaitHandle.WaitOne(pause);
        }
    }

    public async ValueTask<IDistributedSynchronizationHandle?> TryAcquireAsync(TimeSpan timeout = default, CancellationToken cancellationToken = default)
    {
        Deadline deadline = new(timeout, clock);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryOnce() is { } handle)
                return handle;
            if (!deadline.TryGetPause(out TimeSpan pause))
                return null;
            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private LockFileHandle? TryOnce()
    {
        AdvisoryLockResult result;
        AdvisoryLock? acquired;
        try
        {
            if (createDirectory)
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            result = AdvisoryLock.TryCreateAndAcquire(path, ReadableByAll, out acquired);
        }
        catch (Exception e) when (e is IOException and not TooManyOpenFilesException or UnauthorizedAccessException)
        {
            throw new LockUnavailableException($"The lock '{name}' cannot be taken. {e.Message}", e);
        }

        if (acquired is null)
        {
            return result is AdvisoryLockResult.Busy
                ? null
                : throw new LockUnavailableException($"The lock '{name}' cannot be taken: files cannot be locked in the file system of '{path}'");
        }

        try
        {
            acquired.WriteContent(LockHolder.Current(clock).ToLine());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The lock is held, on a full disk too. That it says nothing of us is a smaller harm than no lock.
        }

        return new LockFileHandle(acquired, clock);
    }

    private TimeoutException TimedOut()
    {
        string holder = LockFileProvider.DescribeHolder(path) is { } known ? $" by {known}" : "";
        return new TimeoutException($"The lock '{name}' is held{holder}");
    }

    /// <summary>Says how long to pause before the next try.</summary>
    private readonly struct Deadline
    {
        private readonly TimeSpan _timeout;
        private readonly TimeProvider _clock;
        private readonly long _start;

        public Deadline(TimeSpan timeout, TimeProvider clock)
        {
            if (timeout != Timeout.InfiniteTimeSpan)
                ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
            (_timeout, _clock, _start) = (timeout, clock, clock.GetTimestamp());
        }

        /// <summary>False when there is no time left.</summary>
        public bool TryGetPause(out TimeSpan pause)
        {
            pause = Pause;
            if (_timeout == Timeout.InfiniteTimeSpan)
                return true;
            TimeSpan left = _timeout - _clock.GetElapsedTime(_start);
            if (left < pause)
                pause = left;
            return left > TimeSpan.Zero;
        }
    }
}
