using System.Diagnostics;
using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>A scratch directory with a place for an index, a directory of archives, and the real Tantivy to judge.</summary>
internal sealed class TantivyArchiveBench : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private TantivyHost? _host;

    public TantivyArchiveBench() => Backups = new BackupManager(ArchiveDirectory.Open(Archives));

    public BackupManager Backups { get; }

    public string Index => Combine("index");

    public string Archives => Combine("archives");

    public TantivyHost Host => _host ??= TantivyHost.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public string Combine(params ReadOnlySpan<string> parts) => _directory.Combine(parts);

    /// <summary>Makes the index with this many documents, committed; its writer is closed.</summary>
    public async Task<TantivyIndex> CreateIndexAsync(int documents)
    {
        var index = await Host.CreateAsync(Index, cancellationToken: Token);
        await BackupBench.CommitAsync(index, 1, documents);
        await index.CloseWriterAsync(Token);
        return index;
    }

    public Task<BackupResult> ArchiveAsync(BackupType type) =>
        Backups.CreateBackupAsync(IndexSource.Open(Index), new() { Type = type }, cancellationToken: Token);

    /// <summary>Opens an index as it is now and reads every document of it.</summary>
    public async Task<IndexState> ReadStateAsync(string directory)
    {
        var index = await Host.OpenAsync(directory, cancellationToken: Token);
        var state = await index.ReadStateAsync(Token);
        Assert.Equal(state.Count, await index.CountAsync(Token));
        return state;
    }

    /// <summary>Restores an archive beside the index, judges what came, and removes it.</summary>
    public async Task<IndexState> RestoreAndReadAsync(string archive)
    {
        var target = Combine("restored");
        await Backups.RestoreBackupAsync(archive, target, cancellationToken: Token);
        var state = await ReadStateAsync(target);
        Directory.Delete(target, recursive: true);
        return state;
    }

    /// <summary>Runs a script of the shell in a directory; fails the test with all that it printed unless it ends with 0.</summary>
    public static async Task<string> ShellAsync(string script, string directory, Dictionary<string, string?>? variables = null)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables ?? [])
            start.Environment[name] = value;
        using var shell = Process.Start(start)!;
        var error = shell.StandardError.ReadToEndAsync(Token);
        var output = await shell.StandardOutput.ReadToEndAsync(Token);
        await shell.WaitForExitAsync(Token);
        Assert.True(shell.ExitCode == 0, $"{script}\nended with {shell.ExitCode}:\n{output}{await error}");
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        _directory.Dispose();
    }
}
