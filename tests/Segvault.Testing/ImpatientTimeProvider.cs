namespace Segvault.Testing;

/// <summary>The system's clock, whose timers fire at once: waiting between attempts takes no time.</summary>
internal sealed class ImpatientTimeProvider : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero, period);
}
