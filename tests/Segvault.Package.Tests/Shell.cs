using System.Diagnostics;
using System.Text;
using Segvault.Testing;
using Xunit;

namespace Segvault.Package.Tests;

/// <summary>Runs programs as somebody at a shell would, in a given directory.</summary>
internal static class Shell
{
    /// <summary>Runs a program; fails the test with all that it printed unless it ends with 0.</summary>
    public static async Task<string> RunAsync(
        string directory,
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string>? environment = null,
        CancellationToken cancellationToken = default)
    {
        ProcessStartInfo start = new(command[0], command.Skip(1))
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("SEGVAULT_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);

        // The .NET command line leaves empty directories there.
        using var temporary = new TempDirectory();
        start.Environment["TMPDIR"] = temporary.Path;

        // Build nodes that stay for the next build would keep our end of their output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;

        using var process = Process.Start(start)!;
        try
        {
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)} ended with {process.ExitCode}:\n{output}{await error}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
