using Microsoft.Extensions.Time.Testing;
using Segvault.Cli.Output;
using Segvault.Cli.Reports;
using Xunit;

namespace Segvault.Cli.Tests;

public sealed class OutputForPeople
{
    private static readonly OperationWarning Warning = new(ErrorCode.NotLocked, "The directory cannot be written.");

    private readonly StringWriter _out = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly FakeTimeProvider _clock = new(Samples.Time);

    [Fact]
    public void The_result_of_a_backup_goes_to_standard_error()
    {
        Finish(NewOutput(quiet: false), 0);

        Assert.Empty(_out.ToString());
        Assert.Contains("Backup 01234567 of 'products' taken (incremental on ffff4567)", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("1,234,567 documents in 8 segments", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_backup_says_that_it_is_full()
    {
        var first = Samples.Result with { Backup = Samples.Backup with { Type = BackupType.Full, Base = null } };

        NewOutput(quiet: false).Finish(BackupLine.From(first), CliJson.Lines.BackupLine, 0, people => BackupText.Write(people, first, BackupType.Incremental));

        Assert.Contains("full, because it is the first", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unchanged_index_is_answered_with_the_backup_that_holds_its_state()
    {
        var unchanged = Samples.Result with { Unchanged = true };

        NewOutput(quiet: false).Finish(BackupLine.From(unchanged), CliJson.Lines.BackupLine, 0, people => BackupText.Write(people, unchanged, BackupType.Incremental));

        Assert.Contains("Nothing changed: backup 01234567 of 'products', 2026-03-31 18:00:00, holds this state.", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Quiet_is_silent_on_success()
    {
        var output = NewOutput(quiet: true);
        var progress = output.BeginProgress();
        progress.Report(new OperationProgress("read", 1, 2));
        output.Warn(Warning);
        Finish(output, 0);

        Assert.Empty(_out.ToString());
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void Quiet_holds_nothing_back_when_something_is_left_out()
    {
        var output = NewOutput(quiet: true);
        output.Warn(Warning);
        Finish(output, ExitCodes.Incomplete);

        Assert.Contains("warning (not-locked): The directory cannot be written.", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("Backup 01234567", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Quiet_holds_nothing_back_when_the_command_fails()
    {
        var output = NewOutput(quiet: true);
        output.Warn(Warning);
        output.Fail("backup", new Failure(ErrorCode.DiskFull, "It is full.", "Free some space.", new IOException("It is full.")));

        Assert.Equal(
            "warning (not-locked): The directory cannot be written.\nerror (disk-full): It is full.\nhint: Free some space.\n",
            _error.ToString());
    }

    [Fact]
    public void A_stack_trace_is_shown_only_when_asked_for()
    {
        var failure = new Failure(CliErrorCode.Unexpected, "No.", null, new InvalidOperationException("inner words"));

        NewOutput(quiet: false).Fail("list", failure);
        Assert.DoesNotContain("inner words", _error.ToString(), StringComparison.Ordinal);

        new HumanOutput(Host(), new OutputStyle(Quiet: false, Verbose: true, Color: false)).Fail("list", failure);
        Assert.Contains("InvalidOperationException: inner words", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_pipe_progress_is_one_plain_line()
    {
        var output = NewOutput(quiet: false);
        var progress = output.BeginProgress();
        progress.Report(new OperationProgress("pin", 0, 0));
        progress.Report(new OperationProgress("read", 0, 2048));
        _clock.Advance(TimeSpan.FromSeconds(2));
        progress.Report(new OperationProgress("read", 2048, 2048));
        output.EndProgress();

        Assert.Equal("pin 0 B, read 2.0 KiB in 2.0 s (1.0 KiB/s)\n", _error.ToString());
    }

    [Fact]
    public void On_a_terminal_progress_is_redrawn_and_taken_away()
    {
        var output = new HumanOutput(Host() with { ErrorWidth = 120 }, new OutputStyle(Quiet: false, Verbose: false, Color: false));
        var progress = output.BeginProgress();
        progress.Report(new OperationProgress("read", 0, 4096));
        _clock.Advance(TimeSpan.FromSeconds(1));
        progress.Report(new OperationProgress("read", 1024, 4096));
        output.EndProgress();

        Assert.Contains("25 %  1.0 KiB of 4.0 KiB  1.0 KiB/s  3.0 s left\e[K", _error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\r\e[K", _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\n", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_in_a_pipe_is_never_wrapped_shortened_or_coloured()
    {
        var backups = new[] { Samples.Backup with { Note = new string('n', 500), Flags = ["lost-all-documents"] } };

        NewOutput(quiet: true).Finish(
            new ListLine([]), CliJson.Lines.ListLine, 0, people => ListText.Write(people, backups), isData: true);

        var lines = _out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("ID        TIME", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("01234567  2026-03-31 18:00:00  products  incremental", lines[1], StringComparison.Ordinal);
        Assert.Contains(new string('n', 500), lines[1], StringComparison.Ordinal);
        Assert.Contains("! lost-all-documents", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain('\e', _out.ToString());
    }

    [Fact]
    public void Names_cannot_speak_to_the_terminal()
    {
        var backups = new[] { Samples.Backup with { Name = "a\e[31m\nb\u202e[bold]" } };

        var output = NewOutput(quiet: false);
        output.Say("hello \e[2J");
        output.Finish(new ListLine([]), CliJson.Lines.ListLine, 0, people => ListText.Write(people, backups), isData: true);

        Assert.DoesNotContain('\e', _out.ToString() + _error);
        Assert.Contains("a\\u001b[31m\\nb\\u202e[bold]", _out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_names_the_releases_that_can_read_it()
    {
        NewOutput(quiet: true).Finish(
            ShowLine.From(Samples.Manifest), CliJson.Lines.ShowLine, 0, people => ShowText.Write(people, Samples.Manifest), isData: true);

        Assert.Contains("tantivy 0.22.0, 0.25.0 (readable by Tantivy 0.24 and later)", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains(new string('a', 64), _out.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VerifyLevel.Structure, "Verified structure")]
    [InlineData(VerifyLevel.Data, "Verified data")]
    public void The_first_line_of_a_verification_says_what_was_done(VerifyLevel level, string words)
    {
        var report = new VerifyReport { Level = level, Backups = 2, Packs = 3, Chunks = 4, BytesRead = 5, Problems = [] };

        NewOutput(quiet: false).Finish(VerifyLine.From("verify", report), CliJson.Lines.VerifyLine, 0, people => VerifyText.Write(people, report));

        Assert.StartsWith(words, _out.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1_048_575, "1.0 MiB")]
    [InlineData(5_000_000_000, "4.7 GiB")]
    [InlineData(long.MaxValue, "8.0 EiB")]
    public void Sizes_are_readable(long bytes, string text) => Assert.Equal(text, Quantities.Bytes(bytes));

    private static void Finish(HumanOutput output, int exit) =>
        output.Finish(BackupLine.From(Samples.Result), CliJson.Lines.BackupLine, exit, people => BackupText.Write(people, Samples.Result, BackupType.Incremental));

    private HumanOutput NewOutput(bool quiet) => new(Host(), new OutputStyle(quiet, Verbose: false, Color: true));

    private CommandHost Host() => new() { Out = _out, Error = _error, Variable = _ => null, TimeProvider = _clock };
}
