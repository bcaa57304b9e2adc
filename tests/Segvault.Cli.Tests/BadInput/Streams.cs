using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>Standard streams that nobody reads, and what is printed where.</summary>
public sealed class Streams : BadInputTest
{
    public Streams() => SkipOnWindows();

    [Theory]
    [InlineData("\"$@\" | head -n 0")]
    [InlineData("\"$@\" --json | head -n 0")]
    [InlineData("\"$@\" >&-")]
    [InlineData("\"$@\" --json >&- 2>&-")]
    [InlineData("\"$@\" 2>&-")]
    [InlineData("\"$@\" <&- >/dev/full 2>/dev/full")]
    [InlineData("\"$@\" --json --verbose 2>/dev/full")]
    public async Task Closed_or_full_streams_neither_stop_nor_spoil_a_backup(string script)
    {
        TantivyFiles.Create(Index, segments: 1);
        await MustAsync("init");
        var process = new SegvaultProcess { Through = ["/bin/sh", "-c", script, "sh"] };
        using (var running = process.Start("backup", Index, "-r", Repository))
        {
            await running.WaitAsync();
        }

        Assert.Single((await MustAsync("list")).GetProperty("backups").EnumerateArray());
        await MustAsync("verify", "--read-data");
        await MustAsync("restore", "latest", Target);
    }

    [Fact]
    public async Task Every_command_speaks_json_lines_and_nothing_else_when_told_to()
    {
        TantivyFiles.Create(Index, segments: 1);
        foreach (var arguments in (string[][])
            [["init"], ["backup", Index], ["backup", Index, "--dry-run"], ["list"], ["show", "latest"], ["verify"], ["restore", "latest", Target], ["inspect", Index], ["demo", Index]])
        {
            var run = (await RunAsync(arguments)).MustExit(0);
            Assert.Equal("", run.Error);
            Assert.Equal(arguments[0], run.Summary.GetProperty("command").GetString());
            Assert.All(run.Lines, line => Assert.Contains(line.GetProperty("type").GetString(), (string[])["progress", "warning", "summary"]));
        }
    }

    [Fact]
    public async Task Quiet_is_silent_on_success_and_speaks_of_failure()
    {
        TantivyFiles.Create(Index, segments: 1);
        string[] common = ["-r", Repository, "--quiet"];
        foreach (var arguments in (string[][])[["init"], ["backup", Index], ["verify", "--read-data"], ["restore", "latest", Target]])
        {
            var run = (await SegvaultProcess.RunAsync([.. arguments, .. common])).MustExit(0);
            Assert.Equal("", run.Out + run.Error);
        }

        var failed = (await SegvaultProcess.RunAsync(["restore", "latest", Target, .. common])).MustExit(ExitCodes.Refused);
        Assert.Contains(ErrorCode.TargetExists, failed.Error, StringComparison.Ordinal);
        Assert.Equal("", failed.Out);
    }
}
