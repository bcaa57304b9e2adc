using System.Text.Json;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>What a run of the command printed, and how it ended.</summary>
internal sealed record SegvaultRun(string Arguments, int ExitCode, string Out, string Error)
{
    /// <summary>The lines of <c>--json</c>; fails the test when a line of standard output is not JSON.</summary>
    public IReadOnlyList<JsonElement> Lines =>
        [.. Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The last line, which is the only <c>summary</c> or <c>error</c>; fails the test otherwise.</summary>
    public JsonElement Last
    {
        get
        {
            var lines = Lines;
            var ends = lines.Where(line => line.GetProperty("type").GetString() is "summary" or "error").ToArray();
            Assert.True(ends.Length == 1 && lines[^1].GetRawText() == ends[0].GetRawText(), $"Not exactly one summary or error at the end: {this}");
            return ends[0];
        }
    }

    /// <summary>The summary; fails the test when the command failed.</summary>
    public JsonElement Summary
    {
        get
        {
            Assert.True(Last.GetProperty("type").GetString() == "summary", ToString());
            return Last;
        }
    }

    /// <summary>The code of the error; fails the test when there was none.</summary>
    public string? ErrorCode
    {
        get
        {
            Assert.True(Last.GetProperty("type").GetString() == "error", ToString());
            return Last.GetProperty("code").GetString();
        }
    }

    /// <summary>Fails the test, with everything printed, unless the command ended with this code.</summary>
    public SegvaultRun MustExit(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"Exit {ExitCode} instead of {exitCode}: {this}");
        return this;
    }

    public override string ToString() => $"segvault {Arguments}\nexit {ExitCode}\n--- standard output\n{Out}\n--- standard error\n{Error}";
}
