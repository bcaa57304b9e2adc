using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Segvault.Drill;

/// <summary>
/// A program that opens an index with the engine itself: queries go to its standard input as JSON lines, its answer is one JSON object on standard
/// output. Whatever it does, it cannot hold a drill up for longer than was allowed, nor make it keep more than a little of what it prints.
/// </summary>
internal sealed class EngineProcess(Func<string, ProcessStartInfo> start, TimeSpan timeout, TimeProvider timeProvider)
{
    private const int LongestAnswer = 1024 * 1024;
    private const int LongestComplaint = 1000;

    /// <summary>A command of the shell. <c>{index}</c> in it stands for the index; without, the index is its last argument.</summary>
    public static EngineProcess FromShell(string command, TimeSpan timeout, TimeProvider timeProvider) =>
        new(index => ShellCommand.Of(command, index), timeout, timeProvider);

    /// <summary>Opens the index in a directory and asks.</summary>
    /// <returns>The answer; or what went wrong, as a sentence.</returns>
    public async Task<(EngineAnswer? Answer, string? Problem)> AskAsync(string index, IEnumerable<DrillQuery> queries, CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = Prepare(index) };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            return (null, $"The engine command could not be started: {exception.Message}");
        }

        using var limit = new CancellationTokenSource(timeout, timeProvider);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await TalkAsync(process, queries, stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return (null, $"The engine command did not end within {timeout.TotalSeconds:0} seconds, and was stopped.");
        }
        finally
        {
            Stop(process);
        }
    }

    private ProcessStartInfo Prepare(string index)
    {
        var info = start(index);
        info.UseShellExecute = false;
        info.RedirectStandardInput = info.RedirectStandardOutput = info.RedirectStandardError = true;
        info.StandardInputEncoding = info.StandardOutputEncoding = info.StandardErrorEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        info.Environment["SEGVAULT_INDEX"] = index;
        return info;
    }

    private static async Task<(EngineAnswer? Answer, string? Problem)> TalkAsync(Process process, IEnumerable<DrillQuery> queries, CancellationToken cancellationToken)
    {
        var printed = ReadAsync(process.StandardOutput, LongestAnswer, cancellationToken);
        var complained = ReadAsync(process.StandardError, LongestComplaint, cancellationToken);
        try
        {
            foreach (var query in queries)
            {
                var question = JsonSerializer.Serialize(new EngineQuestion(query.Query, query.Field, query.Term), DrillJson.Default.EngineQuestion);
                await process.StandardInput.WriteAsync($"{question}\n".AsMemory(), cancellationToken).ConfigureAwait(false);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not read what it is asked; what it answers tells.
        }

        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        var (text, isWhole) = await printed.ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            var (complaint, _) = await complained.ConfigureAwait(false);
            return (null, $"The engine command ended with exit status {process.ExitCode}{(complaint.Trim().Length > 0 ? $": {complaint.Trim()}" : "")}.");
        }

        return isWhole ? Read(text) : (null, "The engine command printed more than an answer can have.");
    }

    private static (EngineAnswer? Answer, string? Problem) Read(string text)
    {
        try
        {
            if (JsonSerializer.Deserialize(text, DrillJson.Default.EngineAnswer) is { } answer)
                return (answer, null);
        }
        catch (JsonException)
        {
            // Told below, as an answer that is null.
        }

        var shown = text.Trim();
        return (null, $"The engine command printed no answer: {(shown.Length == 0 ? "nothing" : shown.Length > 200 ? shown[..200] + "…" : shown)}.");
    }

    /// <summary>Reads to the end and keeps the first characters: a program that cannot print stands still.</summary>
    private static async Task<(string Text, bool IsWhole)> ReadAsync(StreamReader reader, int most, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        var isWhole = true;
        while (await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            var room = Math.Min(read, most - text.Length);
            text.Append(buffer, 0, room);
            isWhole &= room == read;
        }

        return (text.ToString(), isWhole);
    }

    private static void Stop(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It has ended.
        }
    }
}
