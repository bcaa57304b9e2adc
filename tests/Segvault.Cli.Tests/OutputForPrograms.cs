using Microsoft.Extensions.Time.Testing;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using Xunit;

namespace Segvault.Cli.Tests;

public sealed class OutputForPrograms
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private readonly FakeTimeProvider _clock = new(Samples.Time);

    [Fact]
    public void Progress_comes_a_few_times_a_second_and_at_the_end()
    {
        var output = NewOutput();

        var progress = output.BeginProgress();
        for (var megabytes = 0; megabytes <= 100; megabytes++)
        {
            progress.Report(new OperationProgress("read", megabytes, 100));
            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        output.EndProgress();

        var done = Run().Lines.Select(line => line.GetProperty("bytesDone").GetInt64());
        Assert.Equal([0, 25, 50, 75, 100], done);
        var half = Run().Lines[2];
        Assert.Equal("progress", half.GetProperty("type").GetString());
        Assert.Equal("read", half.GetProperty("phase").GetString());
        Assert.Equal(100, half.GetProperty("bytesTotal").GetInt64());
        Assert.Equal(0.5, half.GetProperty("secondsLeft").GetDouble());
    }

    [Fact]
    public void Progress_never_goes_back_whichever_thread_reports_last()
    {
        var output = NewOutput();

        var progress = output.BeginProgress();
        progress.Report(new OperationProgress("read", 50, 100));
        progress.Report(new OperationProgress("read", 40, 100));
        output.EndProgress();

        Assert.Equal([50, 50], Run().Lines.Select(line => line.GetProperty("bytesDone").GetInt64()));
    }

    [Fact]
    public void A_warning_is_a_line_of_its_own_before_the_summary()
    {
        var output = NewOutput();

        output.Warn(new OperationWarning(ErrorCode.NotLocked, "Line one\nline two \u001b[31m"));
        output.Say("not for programs");
        output.Finish(BackupLine.From(Samples.Result), CliJson.Lines.BackupLine, 0, _ => Assert.Fail("Not for people."));

        Assert.Equal(["warning", "summary"], Run().Lines.Select(line => line.GetProperty("type").GetString()));
        Assert.Equal("Line one\nline two \u001b[31m", Run().Lines[0].GetProperty("message").GetString());
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void A_summary_begins_with_type_and_command_and_has_bytes_seconds_and_whole_ids()
    {
        NewOutput().Finish(BackupLine.From(Samples.Result), CliJson.Lines.BackupLine, 0, _ => { });

        Assert.StartsWith("{\"type\":\"summary\",\"command\":\"backup\",\"backup\":\"0123456789abcdef0123456789abcdef\"", _out.ToString(), StringComparison.Ordinal);
        var summary = Run().Summary;
        Assert.Equal("incremental", summary.GetProperty("backupType").GetString());
        Assert.Equal(3L << 30, summary.GetProperty("bytes").GetInt64());
        Assert.Equal(1.234, summary.GetProperty("seconds").GetDouble(), 0.0011);
        Assert.False(summary.TryGetProperty("dryRun", out _));
    }

    [Fact]
    public void A_dry_run_says_so()
    {
        var plan = new BackupPlan
        {
            Type = BackupType.Full,
            Name = "products",
            Engine = "tantivy",
            Documents = 5,
            Segments = 1,
            Bytes = 300,
            Files = [new PlannedFile("a.idx", 100, Reused: true), new PlannedFile("meta.json", 200, Reused: false)],
        };

        NewOutput().Finish(BackupLine.From(plan, TimeSpan.FromSeconds(2)), CliJson.Lines.BackupLine, 0, _ => { });

        var summary = Run().Summary;
        Assert.True(summary.GetProperty("dryRun").GetBoolean());
        Assert.Equal(200, summary.GetProperty("bytesNew").GetInt64());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, summary.GetProperty("backup").ValueKind);
    }

    [Fact]
    public void Timestamps_are_utc_and_names_stay_readable()
    {
        var backup = Samples.Backup with { Name = "Größe 'x' <y>" };

        NewOutput().Finish(new ListLine([ListedBackup.From(backup)]), CliJson.Lines.ListLine, 0, _ => { });

        Assert.Contains("\"time\":\"2026-03-31T18:00:00Z\"", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains("Größe 'x' <y>", _out.ToString(), StringComparison.Ordinal);
        Assert.Equal("search", Run().Summary.GetProperty("backups")[0].GetProperty("labels").GetProperty("team").GetString());
    }

    [Fact]
    public void A_manifest_is_shown_whole()
    {
        NewOutput().Finish(ShowLine.From(Samples.Manifest), CliJson.Lines.ShowLine, 0, _ => { });

        var summary = Run().Summary;
        Assert.Equal("readable by Tantivy 0.24 and later", summary.GetProperty("readableBy").GetString());
        Assert.Equal(20, summary.GetProperty("segments")[0].GetProperty("deletedDocuments").GetInt64());
        var file = summary.GetProperty("files")[0];
        Assert.Equal("0640", file.GetProperty("mode").GetString());
        Assert.Equal("app", file.GetProperty("owner").GetProperty("user").GetString());
        Assert.Equal(new string('a', 64), file.GetProperty("sha256").GetString());
    }

    private JsonOutput NewOutput() => new(new CommandHost { Out = _out, Error = _error, Variable = _ => null, TimeProvider = _clock }, quiet: false);

    private SegvaultRun Run() => new("", 0, _out.ToString(), _error.ToString());
}
