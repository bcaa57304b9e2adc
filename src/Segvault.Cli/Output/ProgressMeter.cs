namespace Segvault.Cli.Output;

/// <summary>How far an operation has come, and how fast.</summary>
internal readonly record struct ProgressSample(string Phase, long BytesDone, long BytesTotal, double BytesPerSecond)
{
    /// <summary>Time left in this phase; null while it cannot be told.</summary>
    public double? SecondsLeft => BytesPerSecond > 0 && BytesTotal >= BytesDone ? (BytesTotal - BytesDone) / BytesPerSecond : null;
}

/// <summary>Passes on a few reports a second, and the last one in any case.</summary>
internal sealed class ProgressMeter(TimeProvider clock, TimeSpan interval, Action<ProgressSample> show) : IProgress<OperationProgress>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Phase> _phases = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private readonly long _started = clock.GetTimestamp();
    private ProgressSample? _held;
    private long _shown;
    private bool _any;
    private bool _completed;

    public TimeSpan Elapsed => clock.GetElapsedTime(_started);

    /// <summary>The phases in the order in which they began, with the bytes done in each.</summary>
    public IReadOnlyList<(string Name, long Bytes)> Totals
    {
        get
        {
            lock (_lock)
            {
                return [.. _order.Select(name => (name, _phases[name].Done))];
            }
        }
    }

    public void Report(OperationProgress value)
    {
        lock (_lock)
        {
            if (_completed)
            {
                return;
            }

            _held = Measure(value);
            if (!_any || clock.GetElapsedTime(_shown) >= interval)
            {
                ShowHeld();
            }
        }
    }

    /// <summary>Shows the last report, if it was held back. Later ones are dropped.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            ShowHeld();
        }
    }

    private ProgressSample Measure(OperationProgress value)
    {
        if (!_phases.TryGetValue(value.Phase, out var phase))
        {
            phase = new Phase(clock.GetTimestamp(), value.BytesDone, value.BytesDone);
            _order.Add(value.Phase);
        }

        // Several threads report; a late one must not turn the bytes back.
        phase = phase with { Done = Math.Max(phase.Done, value.BytesDone) };
        _phases[value.Phase] = phase;
        var seconds = clock.GetElapsedTime(phase.Started).TotalSeconds;
        var rate = seconds > 0 ? (phase.Done - phase.First) / seconds : 0;
        return new ProgressSample(value.Phase, phase.Done, value.BytesTotal, rate);
    }

    private void ShowHeld()
    {
        if (_held is { } sample)
        {
            _held = null;
            _any = true;
            _shown = clock.GetTimestamp();
            show(sample);
        }
    }

    private readonly record struct Phase(long Started, long First, long Done);
}
