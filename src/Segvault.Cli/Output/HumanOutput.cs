using System.Text.Json.Serialization.Metadata;

namespace Segvault.Cli.Output;

/// <summary>Words for people: what was asked for on standard output, everything else on standard error.</summary>
internal sealed class HumanOutput : IOutput
{
    private static readonly TimeSpan RedrawInterval = TimeSpan.FromMilliseconds(100);

    private readonly CommandHost _host;
    private readonly OutputStyle _style;
    private readonly Lock _lock = new();
    private readonly List<OperationWarning> _heldBack = [];
    private readonly HumanWriter _writer;
    private readonly ProgressPainter _painter;
    private ProgressMeter? _meter;
    private bool _loud;

    public HumanOutput(CommandHost host, OutputStyle style)
    {
        _host = host;
        _style = style;
        _writer = new HumanWriter(host, style.Color, Say);
        _loud = !style.Quiet;
        _painter = new ProgressPainter(host.Error, host.ErrorWidth ?? 0, style.Color);
    }

    public IProgress<OperationProgress> BeginProgress()
    {
        EndProgress();
        return _meter = new ProgressMeter(_host.TimeProvider, RedrawInterval, Paint);
    }

    public void EndProgress()
    {
        if (_meter is not { } meter)
        {
            return;
        }

        _meter = null;
        meter.Complete();
        Pause();
        if (!_style.Quiet && _host.ErrorWidth is null && meter.Totals is [_, ..] totals)
        {
            var phases = string.Join(", ", totals.Select(phase => $"{phase.Name} {Quantities.Bytes(phase.Bytes)}"));
            WriteError($"{phases} in {Quantities.Duration(meter.Elapsed)} ({Quantities.Rate(totals.Max(phase => phase.Bytes), meter.Elapsed)})");
        }
    }

    public void Pause()
    {
        ToTerminal(_painter.Clear);
    }

    public void Warn(OperationWarning warning)
    {
        if (!_loud)
        {
            _heldBack.Add(warning);
            return;
        }

        WriteError($"{Paint("warning", "33")} ({warning.Code}): {Printable.Line(warning.Message)}");
    }

    public void Say(string message)
    {
        if (_loud)
        {
            WriteError(Printable.Line(message));
        }
    }

    public void Finish<T>(T line, JsonTypeInfo<T> type, int exitCode, Action<HumanWriter> render, bool isData = false)
        where T : SummaryLine
    {
        EndProgress();
        if (exitCode != ExitCodes.Done)
        {
            SpeakUp();
        }

        if (_loud || isData)
        {
            render(_writer);
            _host.Out.Flush();
        }
    }

    public void Fail(string command, Failure failure)
    {
        _meter = null;
        SpeakUp();
        WriteError($"{Paint("error", "31;1")} ({failure.Code}): {Printable.Line(failure.Message)}");
        if (failure.Hint is { Length: > 0 } hint)
        {
            WriteError($"{Paint("hint", "36")}: {Printable.Line(hint)}");
        }

        if (_style.Verbose)
        {
            WriteError(failure.Exception.ToString());
        }
    }

    public void Log(string line) => WriteError(line);

    // --quiet is silent on success only.
    private void SpeakUp()
    {
        _loud = true;
        foreach (var warning in _heldBack)
        {
            Warn(warning);
        }

        _heldBack.Clear();
    }

    private void Paint(ProgressSample sample)
    {
        if (!_style.Quiet && _host.ErrorWidth is not null)
        {
            ToTerminal(() => _painter.Draw(sample));
        }
    }

    private string Paint(string word, string codes) => _style.Color && _host.ErrorWidth is not null ? $"\e[{codes}m{word}\e[0m" : word;

    private void WriteError(string text) => ToTerminal(() =>
    {
        _painter.Clear();
        _host.Error.WriteLine(text);
    });

    // A message that cannot be written must not stop the work that it tells of.
    private void ToTerminal(Action write)
    {
        lock (_lock)
        {
            try
            {
                write();
            }
            catch (Exception e) when (StandardStreams.IsFailure(e))
            {
            }
        }
    }
}
