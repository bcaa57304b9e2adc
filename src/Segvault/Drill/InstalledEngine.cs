using System.Diagnostics;

namespace Segvault.Drill;

/// <summary>Finds an engine on this machine that a drill can use without being told: Node with the binding of Tantivy.</summary>
internal static class InstalledEngine
{
    private const string Script = "drill-tantivy.mjs";
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(30);

    /// <param name="engine">The engine's name.</param>
    /// <param name="directory">A directory of the drill's own to put the script in.</param>
    /// <param name="timeout">How long it may take later.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>How to run it; null when there is none.</returns>
    public static async Task<EngineProcess?> FindAsync(string engine, string directory, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        if (engine != Engines.Tantivy.TantivyEngine.EngineName || FindNode() is not { } node)
            return null;
        var script = Path.Combine(directory, Script);
        var source = typeof(InstalledEngine).Assembly.GetManifestResourceStream(Script)!;
        await using (source.ConfigureAwait(false))
        {
            var file = new FileStream(script, FileMode.Create, FileAccess.Write);
            await using (file.ConfigureAwait(false))
            {
                await source.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
            }
        }

        return await CanLoadAsync(node, script, cancellationToken).ConfigureAwait(false)
            ? new EngineProcess(index => new ProcessStartInfo(node, [script, index]), timeout, timeProvider)
            : null;
    }

    private static string? FindNode() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Where(Path.IsPathFullyQualified)
        .Select(directory => Path.Combine(directory, OperatingSystem.IsWindows() ? "node.exe" : "node"))
        .FirstOrDefault(File.Exists);

    private static async Task<bool> CanLoadAsync(string node, string script, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(node, [script, "--probe"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start);
        if (process is null)
            return false;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ProbeTimeout);
        try
        {
            process.StandardInput.Close();
            var printed = process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.StandardError.ReadToEndAsync(limit.Token).ConfigureAwait(false);
            await printed.ConfigureAwait(false);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            return false;
        }
    }
}
