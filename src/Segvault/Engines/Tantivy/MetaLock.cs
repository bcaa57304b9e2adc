using Microsoft.Extensions.Logging;
using Segvault.IO;

namespace Segvault.Engines.Tantivy;

/// <summary>
/// The lock that Tantivy's readers hold while they open an index, and its garbage collection while it computes what to delete.
/// A commit waits for it, so it is held for moments only.
/// </summary>
internal static class MetaLock
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Waits for the lock; null when there is no lock file, it cannot be locked, or it stayed busy. The file is not created: one that
    /// belongs to another user would keep the application out.
    /// </summary>
    public static async ValueTask<AdvisoryLock?> TryAcquireExistingAsync(
        string directory, TimeSpan wait, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        string path = Path.Combine(directory, TantivyFileName.MetaLock);
        AdvisoryLock? held = null;
        var result = await WaitAsync(() => AdvisoryLock.TryAcquire(path, out held), wait, time, cancellationToken).ConfigureAwait(false);
        if (result == AdvisoryLockResult.Busy)
            TantivyLog.MetaLockBusy(logger, path, wait.TotalSeconds);
        return held;
    }

    /// <summary>Tries until something else than <see cref="AdvisoryLockResult.Busy"/> comes, or the time is over.</summary>
    public static async ValueTask<AdvisoryLockResult> WaitAsync(
        Func<AdvisoryLockResult> attempt, TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
    {
        long since = time.GetTimestamp();
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = attempt();
            if (result != AdvisoryLockResult.Busy || time.GetElapsedTime(since) >= wait)
                return result;
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
