using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Segvault.Cli.Tests.Crashes;
using Segvault.Testing.PowerLoss;
using Xunit;

namespace Segvault.Cli.Tests.PowerLoss;

/// <summary>Runs the command under strace and reads from its trace what it did below one directory: nothing of the program's own is believed.</summary>
internal sealed partial class OperationRecord(string root, string traceFile)
{
    private const string Calls =
        "open,openat,creat,write,pwrite64,pwritev,pwritev2,truncate,ftruncate,fallocate,fsync,fdatasync,sync_file_range,rename,renameat,renameat2,"
        + "link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,copy_file_range,sendfile";

    private readonly HashSet<string> _existing = new(
        Directory.EnumerateFileSystemEntries(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }), StringComparer.Ordinal);

    public List<FileOperation> Operations { get; } = [];

    /// <summary>Runs a command that must succeed.</summary>
    public async Task RunAsync(params IReadOnlyList<string> arguments)
    {
        (await TraceAsync([], arguments)).MustExit(0);
        Operations.Add(new Reported(arguments[0]));
    }

    /// <summary>Runs a command that is killed right before a system call.</summary>
    public async Task RunKilledAsync(string call, int count, params IReadOnlyList<string> arguments) =>
        (await TraceAsync(["-e", string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal=SIGKILL:when={count}")], arguments)).MustExit(128 + 9);

    private async Task<SegvaultRun> TraceAsync(IReadOnlyList<string> injection, IReadOnlyList<string> arguments)
    {
        var process = new SegvaultProcess
        {
            Through = ["strace", "-f", "-y", "-qq", "-xx", "-s", "4000000", "-o", traceFile, "-e", $"trace={Calls}", .. injection],
            Environment = KillSweep.OneThread,
        };
        var run = await process.CompleteAsync(arguments);
        var unfinished = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(traceFile))
        {
            var (thread, call) = (line[..line.IndexOf(' ')], line[line.IndexOf(' ')..].TrimStart());
            if (call.EndsWith(" <unfinished ...>", StringComparison.Ordinal))
                unfinished[thread] = call[..^" <unfinished ...>".Length];
            else if (Resumed().Match(call) is { Success: true } resumed)
                Read(unfinished[thread] + call[resumed.Length..]);
            else
                Read(call);
        }

        File.Delete(traceFile);
        return run;
    }

    private void Read(string line)
    {
        var call = Call().Match(line);
        if (!call.Success || call.Groups["result"].Value[0] is '-' or '?')
            return;
        var texts = Text().Matches(call.Groups["arguments"].Value).Select(text => Unescape(text.Groups["text"].Value)).ToArray();
        var file = Descriptor().Match(call.Groups["arguments"].Value) is { Success: true } descriptor ? Encoding.UTF8.GetString(Unescape(descriptor.Groups["path"].Value)) : "";
        var names = texts.Select(Encoding.UTF8.GetString).ToArray();
        var last = call.Groups["arguments"].Value.Split(", ")[^1];
        switch (call.Groups["name"].Value)
        {
            case "openat" or "open":
                Open(names[0], call.Groups["arguments"].Value);
                break;
            case "pwrite64" when IsInside(file):
                Operations.Add(new WriteBytes(Relative(file), Number(last), texts[0]));
                break;
            case "pwritev" when IsInside(file):
                Operations.Add(new WriteBytes(Relative(file), Number(last), [.. texts.SelectMany(text => text)]));
                break;
            case "ftruncate" when IsInside(file):
                Operations.Add(new Truncate(Relative(file), Number(last)));
                break;
            case "fsync" when IsInside(file):
                Operations.Add(new Flush(Relative(file)));
                break;
            case "rename" or "renameat" or "renameat2" when names.Any(IsInside):
                Move(names[0], names[1], last.Contains("EXCHANGE", StringComparison.Ordinal));
                break;
            case "link" or "linkat" when IsInside(names[1]):
                Operations.Add(new Link(Relative(names[0]), Relative(names[1])));
                _existing.Add(names[1]);
                break;
            case "unlink" or "unlinkat" or "rmdir" when IsInside(names[0]):
                Operations.Add(new Remove(Relative(names[0])));
                _existing.Remove(names[0]);
                break;
            case "mkdir" or "mkdirat" when IsInside(names[0]):
                Operations.Add(new MakeDirectory(Relative(names[0])));
                _existing.Add(names[0]);
                break;
            default:
                Assert.False(IsInside(file) || names.Any(IsInside), $"Nobody knows what this does to a file that a power cut can reach: {call.Groups["name"].Value} {file} {string.Join(' ', names)}");
                break;
        }
    }

    private void Open(string path, string arguments)
    {
        if (!IsInside(path))
            return;
        if (arguments.Contains("O_CREAT", StringComparison.Ordinal) && _existing.Add(path))
            Operations.Add(new CreateFile(Relative(path)));
        else if (arguments.Contains("O_TRUNC", StringComparison.Ordinal))
            Operations.Add(new Truncate(Relative(path), 0));
    }

    private void Move(string from, string to, bool exchange)
    {
        Operations.Add(exchange ? new Exchange(Relative(from), Relative(to)) : new Rename(Relative(from), Relative(to)));
        if (exchange)
        {
            Rename(from, from + "\0");
            Rename(to, from);
            Rename(from + "\0", to);
        }
        else
        {
            Rename(from, to);
        }
    }

    private void Rename(string from, string to)
    {
        foreach (var path in _existing.Where(path => path == from || path.StartsWith(from + "/", StringComparison.Ordinal)).ToList())
        {
            _existing.Remove(path);
            _existing.Add(to + path[from.Length..]);
        }
    }

    private bool IsInside(string path) => path == root || path.StartsWith(root + "/", StringComparison.Ordinal);

    private string Relative(string path)
    {
        Assert.True(IsInside(path), $"{path} is outside of what is recorded.");
        return path == root ? "" : path[(root.Length + 1)..];
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static byte[] Unescape(string text) => Convert.FromHexString(text.Replace("\\x", "", StringComparison.Ordinal));

    [GeneratedRegex(@"^(?<name>\w+)\((?<arguments>.*)\) += (?<result>[-?\d].*)$", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Call();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Resumed();

    [GeneratedRegex("\"(?<text>(\\\\x[0-9a-f]{2})*)\"", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Text();

    [GeneratedRegex(@"^\d+<(?<path>(\\x[0-9a-f]{2})*)>", RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Descriptor();
}
