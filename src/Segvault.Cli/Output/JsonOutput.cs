using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Segvault.Cli.Output;

/// <summary>JSON lines on standard output, and nothing else there.</summary>
internal sealed class JsonOutput(CommandHost host, bool quiet) : IOutput
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private ProgressMeter? _meter;

    public IProgress<OperationProgress> BeginProgress()
    {
        EndProgress();
        return _meter = new ProgressMeter(host.TimeProvider, Interval, quiet ? static _ => { } : WriteProgress);
    }

    public void EndProgress()
    {
        _meter?.Complete();
        _meter = null;
    }

    public void Pause()
    {
    }

    public void Warn(OperationWarning warning) => Write(new WarningLine(warning.Code, warning.Message), CliJson.Lines.WarningLine);

    public void Say(string message)
    {
    }

    public void Finish<T>(T line, JsonTypeInfo<T> type, int exitCode, Action<HumanWriter> render, bool isData = false)
        where T : SummaryLine
    {
        EndProgress();
        Write(line, type);
    }

    public void Fail(string command, Failure failure)
    {
        EndProgress();
        Write(new ErrorLine(command, failure.Code, failure.Message, failure.Hint), CliJson.Lines.ErrorLine);
    }

    public void Log(string line)
    {
        lock (_lock)
        {
            try
            {
                host.Error.WriteLine(line);
            }
            catch (Exception e) when (StandardStreams.IsFailure(e))
            {
                // Nobody reads the log; that is no reason to stop.
            }
        }
    }

    private void WriteProgress(ProgressSample sample)
    {
        double? left = sample.SecondsLeft is { } seconds ? Math.Round(seconds, 1) : null;
        try
        {
            Write(new ProgressLine(sample.Phase, sample.BytesDone, sample.BytesTotal, left), CliJson.Lines.ProgressLine);
        }
        catch (Exception e) when (StandardStreams.IsFailure(e))
        {
            // The work goes on; the summary will fail where it can be told.
        }
    }

    private void Write<T>(T line, JsonTypeInfo<T> type)
    {
        var text = JsonSerializer.Serialize(line, type) + '\n';
        lock (_lock)
        {
            host.Out.Write(text);
            host.Out.Flush();
        }
    }
}
