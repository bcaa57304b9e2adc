using System.Collections.Concurrent;
using System.Globalization;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Cli.Tests.Crashes;

/// <summary>
/// Runs one command again and again and kills it by SIGKILL: once right before every single call that changes a name, writes or flushes, and then
/// at moments of its own choosing. Before each run everything is as it was, after each the test looks at what is left.
/// </summary>
internal static class KillSweep
{
    private const int Killed = 128 + 9;

    /// <summary>
    /// Each with the variants that a system may have instead: strace counts every one by itself. What is written to a pipe or flushed looks the same to
    /// the next run as what comes after it.
    /// </summary>
    private static readonly string[] Calls =
    [
        "rename,renameat", "renameat2", "link,linkat", "unlink,unlinkat", "mkdir,mkdirat", "rmdir", "pwrite64", "ftruncate", .. TestBench.IsThorough ? (string[])["write", "fsync"] : [],
    ];

    private static readonly ConcurrentDictionary<string, int> Tally = new(StringComparer.Ordinal);

    /// <summary>Makes the process do everything on one thread: strace counts the calls of every thread by itself.</summary>
    public static IReadOnlyDictionary<string, string?> OneThread { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "1",
        ["DOTNET_PROCESSOR_COUNT"] = "1",
    };

    public static void RequireStrace() =>
        TestBench.Require(TestBench.FindProgram("strace") is not null, "strace is not installed: it kills the process at a certain system call");

    /// <summary>As the other, in a bench: whenever the test has looked, every repository there must be consistent.</summary>
    public static Task<int> RunAsync(
        string operation, IReadOnlyList<string> arguments, CrashBench bench, Func<bool, Task> check, int success = ExitCodes.Done, int stride = 1)
    {
        return RunAsync(operation, arguments, bench.ResetAsync, CheckAsync, success, stride);

        async Task CheckAsync(bool done)
        {
            await check(done);
            RepositoryConsistency.AssertBelow(bench.Place());
        }
    }

    /// <summary>Returns how often the command was killed.</summary>
    /// <param name="operation">What is counted under which name.</param>
    /// <param name="arguments">The command.</param>
    /// <param name="prepare">Puts everything into the state before the command.</param>
    /// <param name="check">Looks at the state after it; told whether it came to its end.</param>
    /// <param name="success">The exit code of one that did.</param>
    /// <param name="stride">Of so many calls of a kind one is chosen, where time matters.</param>
    public static async Task<int> RunAsync(
        string operation, IReadOnlyList<string> arguments, Func<Task> prepare, Func<bool, Task> check, int success = ExitCodes.Done, int stride = 1)
    {
        var kills = 0;
        foreach (var calls in Calls)
        {
            for (var count = 1; await RunOnceAsync(() => RunToCallAsync(calls, count, arguments), $"{calls} number {count}"); count += TestBench.Rounds(stride, 1))
                kills++;
        }

        kills += await KillAtMomentsAsync(operation, arguments, RunOnceAsync);
        Tally.AddOrUpdate(operation, kills, (_, before) => before + kills);
        Report($"{kills} kills of {operation}; {Tally.Values.Sum()} kills by now: {string.Join(", ", Tally.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key} {entry.Value}"))}");
        return kills;

        async Task<bool> RunOnceAsync(Func<Task<SegvaultRun>> run, string moment)
        {
            await prepare();
            var ended = await run();
            Assert.True(ended.ExitCode == success || ended.ExitCode == Killed, $"Neither done nor killed before {moment}: {ended}");
            try
            {
                await check(ended.ExitCode == success);
            }
            catch (Exception exception) when (ended.ExitCode == Killed)
            {
                throw new InvalidOperationException($"After {operation} had been killed before {moment}: {exception.Message}", exception);
            }

            return ended.ExitCode == Killed;
        }
    }

    private static async Task<int> KillAtMomentsAsync(string operation, IReadOnlyList<string> arguments, Func<Func<Task<SegvaultRun>>, string, Task<bool>> runOnce)
    {
        var length = TimeSpan.Zero;
        await runOnce(MeasureAsync, "nothing");
        var seed = TestBench.IsThorough ? Environment.TickCount : operation.Length;
        Report($"seed {seed}");
        var random = new Random(seed);
        var kills = 0;
        for (var i = 0; i < TestBench.Rounds(3, 100); i++)
        {
            var moment = length * random.NextDouble();
            if (await runOnce(() => RunToMomentAsync(moment, arguments), string.Create(CultureInfo.InvariantCulture, $"{moment.TotalMilliseconds:F1} ms were over")))
                kills++;
        }

        return kills;

        async Task<SegvaultRun> MeasureAsync()
        {
            var started = TimeProvider.System.GetTimestamp();
            var run = await SegvaultProcess.RunAsync(arguments);
            length = TimeProvider.System.GetElapsedTime(started);
            return run;
        }
    }

    private static Task<SegvaultRun> RunToCallAsync(string calls, int count, IReadOnlyList<string> arguments) => new SegvaultProcess
    {
        Through =
        [
            "strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={calls}",
            "-e", string.Create(CultureInfo.InvariantCulture, $"inject={calls}:signal=SIGKILL:when={count}"),
        ],
        Environment = OneThread,
    }.CompleteAsync(arguments);

    private static async Task<SegvaultRun> RunToMomentAsync(TimeSpan moment, IReadOnlyList<string> arguments)
    {
        using var running = new SegvaultProcess().Start(arguments);
        await Task.Delay(moment, TestContext.Current.CancellationToken);
        running.Kill();
        return await running.WaitAsync();
    }

    private static void Report(string message) => TestContext.Current.SendDiagnosticMessage(message);
}
