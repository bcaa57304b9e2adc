using System.Diagnostics;
using System.Globalization;
using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Cli.Tests;

/// <summary>
/// Collections that are killed by SIGKILL right before one of the calls that change names. Every backup must stay whole, and the next collection must
/// end what was begun.
/// </summary>
public sealed class KilledCollections : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private BackupId _kept;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        TestBench.Require(TestBench.FindProgram("strace") is not null, "strace is not installed: it kills the process at a certain system call");
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 500);
        await using var repository = await BackupRepository.CreateAsync(_directory.Combine("repository"), Token);
        var manager = new BackupManager(repository);
        var backups = new List<BackupId>();
        for (var i = 0; i < 3; i++)
        {
            backups.Add((await manager.CreateBackupAsync(IndexSource.Open(index.Directory), cancellationToken: Token)).Backup.Id);
            index.AddSegment(10);
            index.RemoveSegment(index.Segments[0]);
            index.WriteMeta();
        }

        _kept = backups[1];
        await repository.DeleteBackupsAsync([backups[0], backups[2]], Token);
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return default;
    }

    [Fact]
    public async Task After_a_kill_at_any_step_backups_are_whole_and_the_next_collection_ends_it()
    {
        var kills = 0;
        foreach (var calls in new[] { "renameat2", "unlink,unlinkat" })
        {
            for (var count = 1; await KillAsync(calls, count); count++)
                kills++;
        }

        TestContext.Current.SendDiagnosticMessage($"{kills} kills");
        Assert.InRange(kills, 5, 100);
    }

    /// <summary>Collects in a copy of the repository and kills that before a call; false when it came to its end.</summary>
    private async Task<bool> KillAsync(string calls, int count)
    {
        var copy = _directory.Combine("copy");
        Assert.Equal(0, await RunAsync("cp", "-a", _directory.Combine("repository"), copy));
        var exit = await RunAsync(
            "strace",
            "-f", "-qq", "-o", "/dev/null", "-e", $"trace={calls}",
            "-e", string.Create(CultureInfo.InvariantCulture, $"inject={calls}:signal=SIGKILL:when={count}"),
            SegvaultProcess.Executable, "gc", "--grace", "0", "-r", copy, "--quiet");
        await using (var repository = await BackupRepository.OpenAsync(copy, Token))
        {
            var manager = new BackupManager(repository);
            Assert.Empty((await manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data }, cancellationToken: Token)).Problems);
            await manager.RestoreBackupAsync(_kept, _directory.Combine("restored"), cancellationToken: Token);
            await repository.CollectAsync(new CollectionOptions { Grace = TimeSpan.Zero }, cancellationToken: Token);
            var needed = (await manager.GetManifestAsync(_kept, Token)).Files.SelectMany(file => file.Runs).Count();
            Assert.InRange(Directory.GetFiles(Path.Combine(copy, "packs"), "*", SearchOption.AllDirectories).Length, 1, needed);
            Assert.Equal([_kept.ToString()], Directory.GetFiles(Path.Combine(copy, "backups")).Select(Path.GetFileName));
            Assert.Empty(await repository.ListDeletedBackupsAsync(Token));
            Assert.Empty((await manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data }, cancellationToken: Token)).Problems);
        }

        Directory.Delete(copy, recursive: true);
        Directory.Delete(_directory.Combine("restored"), recursive: true);
        return exit != 0;
    }

    private static async Task<int> RunAsync(string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DOTNET_EnableDiagnostics"] = "0";

        // strace counts the calls of every thread by itself, so one thread is to make them all.
        start.Environment["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "1";
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        using var process = Process.Start(start)!;
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.WaitForExitAsync(Token);
        return process.ExitCode;
    }
}
