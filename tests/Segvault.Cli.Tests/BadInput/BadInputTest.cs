using System.Globalization;
using System.Text.Json;
using Segvault.IO;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests.BadInput;

/// <summary>
/// A directory of its own with a place for an index, a repository and a target, and what every failure has to be: one message with a path, a
/// reason and a hint, the documented exit code, and every name and length in the directory as before.
/// </summary>
public abstract class BadInputTest : IDisposable
{
    private readonly TempDirectory _directory = new();

    protected string Root => _directory.Path;

    /// <inheritdoc cref="TempDirectory.DamagedBecause"/>
    protected string? DamagedBecause
    {
        get => _directory.DamagedBecause;
        set => _directory.DamagedBecause = value;
    }

    protected string Index => PathOf("products");

    protected string Repository => PathOf("repository");

    protected string Target => PathOf("restored");

    public virtual void Dispose()
    {
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="TempDirectory.AssertConsistent"/>
    protected void AssertConsistent() => _directory.AssertConsistent();

    protected string PathOf(params ReadOnlySpan<string> parts) => _directory.Combine(parts);

    /// <summary>Runs a command on the repository and expects it to succeed.</summary>
    protected async Task<JsonElement> MustAsync(params IReadOnlyList<string> arguments) => (await RunAsync(arguments)).MustExit(0).Summary;

    /// <summary>Runs a command on the repository, unless the arguments name another one.</summary>
    internal Task<SegvaultRun> RunAsync(params IReadOnlyList<string> arguments) => RunAsync(new SegvaultProcess(), arguments);

    internal Task<SegvaultRun> RunAsync(SegvaultProcess process, params IReadOnlyList<string> arguments) => process.CompleteAsync(Complete(arguments));

    /// <summary>Runs a command that must fail, leave everything as it was, and say so well.</summary>
    internal Task<JsonElement> FailAsync(int exitCode, string code, string mentioned, params IReadOnlyList<string> arguments) =>
        FailAsync(new SegvaultProcess(), exitCode, code, mentioned, arguments);

    internal async Task<JsonElement> FailAsync(SegvaultProcess process, int exitCode, string code, string mentioned, params IReadOnlyList<string> arguments)
    {
        var before = Tree();
        var run = (await RunAsync(process, arguments)).MustExit(exitCode);
        Assert.Equal(code, run.ErrorCode);
        Assert.Equal("", run.Error);
        var message = run.Last.GetProperty("message").GetString()!;
        Assert.Contains(mentioned, message, StringComparison.Ordinal);
        Assert.False(string.IsNullOrWhiteSpace(run.Last.GetProperty("hint").GetString()), $"No hint: {run}");
        Assert.Equal(arguments[0] == "archive" ? $"archive {arguments[1]}" : arguments[0], run.Last.GetProperty("command").GetString());
        AssertSame(before, Tree(), run);
        return run.Last;
    }

    /// <summary>Every name below a directory, with kind and length.</summary>
    protected IReadOnlyList<string> Tree(string? directory = null)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = false, AttributesToSkip = FileAttributes.None };
        var entries = new List<string>();
        var left = new Stack<string>([directory ?? Root]);
        while (left.TryPop(out var next))
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(next, "*", all))
            {
                var status = FileStatus.TryRead(entry)!;
                entries.Add(string.Create(CultureInfo.InvariantCulture, $"{entry} {status.Kind} {(status.Kind == FileKind.Regular ? status.Length : 0)}"));
                if (status.Kind == FileKind.Directory)
                    left.Push(entry);
            }
        }

        return [.. entries.Order(StringComparer.Ordinal)];
    }

    internal static void AssertSame(IReadOnlyList<string> before, IReadOnlyList<string> after, SegvaultRun run) => Assert.True(
        before.SequenceEqual(after, StringComparer.Ordinal),
        $"Left behind: {string.Join(", ", after.Except(before))}\nGone: {string.Join(", ", before.Except(after))}\n{run}");

    protected static void SkipOnWindows() => Assert.SkipWhen(OperatingSystem.IsWindows(), "There is nothing like it on Windows.");

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string[] Complete(IReadOnlyList<string> arguments)
    {
        var needsRepository = arguments[0] is not ("inspect" or "demo" or "archive") && !arguments.Contains("-r");
        return [.. arguments, .. needsRepository ? (string[])["-r", Repository] : [], "--json"];
    }
}
