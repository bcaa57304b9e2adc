namespace Segvault.Testing;

/// <summary>The system's clock, whose timers fire at once: waiting between attempts takes no time.</summary>
internal sealed class ImpatientTimeProvider : TimeProvider
{
    /// <summary>How far this clock is ahead of the system's.</summary>
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

    public override long GetTimestamp() => base.GetTimestamp() + (long)(Ahead.TotalSeconds * TimestampFrequency);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero, period);
}
