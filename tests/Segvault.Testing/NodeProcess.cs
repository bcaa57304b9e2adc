using System.Diagnostics;
using System.Text;

namespace Segvault.Testing;

/// <summary>A Node program of tests/tantivy that talks in lines. It ends with its stdin, so none outlives the tests.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private const string Package = "@oxdev03/node-tantivy-binding-linux-x64-gnu";
    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private NodeProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors) _errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public static NodeProcess Start(string script, params IEnumerable<string> arguments)
    {
        string? node = TestBench.FindProgram("node");
        TestBench.Require(node is not null, "node is not installed; ./test says how to get it");
        TestBench.Require(
            Directory.Exists(RepositoryRoot.Combine("tests", "tantivy", "node_modules", Package)),
            "the Tantivy package is not installed (npm ci --prefix tests/tantivy); it exists for Linux x64 only");

        ProcessStartInfo start = new(node!, [RepositoryRoot.Combine("tests", "tantivy", script), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Without a byte order mark: the first line must be JSON.
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        return new NodeProcess(Process.Start(start)!);
    }

    public async Task WriteLineAsync(string line, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            throw await EndedAsync();
        }
    }

    /// <summary>The next line of output. Fails with what the program wrote to stderr when there is none.</summary>
    public async Task<string> ReadLineAsync(CancellationToken cancellationToken) =>
        await _process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw await EndedAsync();

    /// <summary>Closes stdin, which asks the program to finish; its last lines can still be read.</summary>
    public void EndInput() => _process.StandardInput.Close();

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>Kills the program as a power cut would: no merge finishes, no lock is given back by hand.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private async Task<TantivyException> EndedAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        lock (_errors) return new TantivyException($"node ended with exit code {_process.ExitCode}. {_errors}");
    }
}
