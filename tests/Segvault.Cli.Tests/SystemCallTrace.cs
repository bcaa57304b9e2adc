using System.Text.RegularExpressions;

namespace Segvault.Cli.Tests;

/// <summary>One call that the command made to keep something: a flush of a file or directory, or a rename.</summary>
/// <param name="Path">What was flushed, or the old name.</param>
/// <param name="NewName">The new name of a rename; null for a flush.</param>
internal sealed record TracedCall(string Path, string? NewName);

/// <summary>Runs the command under strace and reads what it flushed and renamed, in the order in which the calls began.</summary>
internal static partial class SystemCallTrace
{
    public static async Task<List<TracedCall>> RunAsync(string traceFile, params IReadOnlyList<string> arguments)
    {
        var process = new SegvaultProcess { Through = ["strace", "-f", "-y", "-qq", "-s", "4096", "-o", traceFile, "-e", "trace=fsync,rename,renameat,renameat2"] };
        (await process.CompleteAsync(arguments)).MustExit(0);
        return [.. File.ReadLines(traceFile).Select(Parse).OfType<TracedCall>()];
    }

    /// <summary>True when a path was flushed after one call and before another.</summary>
    public static bool Flushes(this List<TracedCall> calls, string path, int after, int before) =>
        calls.Take(before).Skip(after + 1).Any(call => call.NewName is null && call.Path == path);

    private static TracedCall? Parse(string line)
    {
        if (Flush().Match(line) is { Success: true } flush)
        {
            return new TracedCall(flush.Groups["path"].Value, null);
        }

        return Rename().Match(line) is { Success: true } rename ? new TracedCall(rename.Groups["old"].Value, rename.Groups["new"].Value) : null;
    }

    [GeneratedRegex(@"^\d+ +fsync\(\d+<(?<path>.*?)>(\)| <unfinished)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Flush();

    [GeneratedRegex("^\\d+ +rename\\w*\\([^\"]*\"(?<old>[^\"]*)\"[^\"]*\"(?<new>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Rename();
}
