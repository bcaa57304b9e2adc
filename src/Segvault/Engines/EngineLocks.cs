namespace Segvault.Engines;

/// <summary>Waits for an engine's locks.</summary>
internal static class EngineLocks
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Takes the lock of an index's writer.</summary>
    /// <exception cref="IndexBusyException">A writer held it all the time.</exception>
    public static async Task<IDisposable> LockWriterAsync(
        IndexEngine engine, string directory, TimeSpan wait, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            if (engine.TryLockWriter(directory) is { } held)
                return held;
            if (timeProvider.GetElapsedTime(started) >= wait)
            {
                throw new IndexBusyException(
                    ErrorCode.WriterActive,
                    $"A writer holds the index {directory}.",
                    "Stop the application that writes to it, or give --wait DURATION.");
            }

            await Task.Delay(Pause, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }
}
