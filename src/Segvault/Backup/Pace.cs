namespace Segvault.Backup;

/// <summary>Keeps reading down to a rate, for the sake of whoever uses the same disk and processors. Time in which nothing was read is not made up for.</summary>
internal sealed class Pace(long bytesPerSecond, TimeProvider time)
{
    /// <summary>Timers are late: this much of what they lose is made up for.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    private readonly long _started = time.GetTimestamp();
    private TimeSpan _due;

    /// <summary>A pace for a rate; null when there is no limit.</summary>
    public static Pace? Of(long? bytesPerSecond, TimeProvider time) => bytesPerSecond is { } rate ? new Pace(rate, time) : null;

    /// <summary>Returns when more may be read after so many bytes.</summary>
    public Task AfterAsync(int bytes, CancellationToken cancellationToken)
    {
        var now = time.GetElapsedTime(_started);
        var earliest = now - Slack;
        _due = (_due > earliest ? _due : earliest) + TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
        return _due <= now ? Task.CompletedTask : Task.Delay(_due - now, time, cancellationToken);
    }
}
