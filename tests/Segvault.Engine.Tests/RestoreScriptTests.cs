using System.Diagnostics;
using Segvault.Engines;
using Segvault.Repositories;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Backups outlive the program that made them: the script in docs/ restores them with Python and zstd alone.</summary>
public sealed class RestoreScriptTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly List<(BackupId Backup, IndexState State)> _backups = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string RepositoryPath => _directory.Combine("repository");

    public async ValueTask InitializeAsync()
    {
        TestBench.Require(TestBench.FindProgram("python3") is not null, "python3 is not installed.");
        TestBench.Require(TestBench.FindProgram("zstd") is not null, "zstd is not installed.");
        string index = _directory.Combine("index");
        await using var repository = await BackupRepository.CreateAsync(RepositoryPath, Token);
        var manager = new BackupManager(repository);
        await using var host = TantivyHost.Start();
        var tantivy = await host.CreateAsync(index, cancellationToken: Token);
        for (int i = 0; i < 4; i++)
        {
            await tantivy.AddAsync((i * 1000) + 1, 400, seed: i + 1, words: i == 0 ? 1200 : 300, cancellationToken: Token);
            if (i > 0)
                await tantivy.DeleteAsync([1, 2, (i * 1000) - 900], Token);
            await tantivy.CommitAsync(Token);
            var backup = await manager.CreateBackupAsync(IndexSource.Open(index), cancellationToken: Token);
            Assert.Equal(i == 0 ? BackupType.Full : BackupType.Incremental, backup.Backup.Type);
            Assert.True(i > 0 || Directory.GetFiles(index, "*.store").Any(store => new FileInfo(store).Length > 1024 * 1024), "No document store is large enough to be recoded.");
            await tantivy.ReloadAsync(Token);
            _backups.Add((backup.Backup.Id, await tantivy.ReadStateAsync(Token)));
        }

        await tantivy.CloseWriterAsync(Token);
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Every_backup_of_a_chain_is_listed_restored_and_opened_by_Tantivy()
    {
        var (code, list, _) = await RunAsync(RepositoryPath);
        Assert.Equal(0, code);
        Assert.Equal(_backups.Select(entry => entry.Backup.ToString()), list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..32]));
        foreach (var (backup, state) in _backups)
        {
            string target = _directory.Combine("restored-" + backup);
            var restored = await RunAsync(RepositoryPath, backup.ToShortString(), target);
            Assert.True(restored.Code == 0, restored.Error);
            Assert.Equal(state, await TantivyHost.ReadStateAsync(target, Token));
        }

        string latest = _directory.Combine("latest");
        Assert.Equal(0, (await RunAsync(RepositoryPath, "latest", latest)).Code);
        Assert.Equal(_backups[^1].State, await TantivyHost.ReadStateAsync(latest, Token));

        // And Tantivy may write to it and collect garbage.
        await using var host = TantivyHost.Start();
        var tantivy = await host.OpenAsync(latest, cancellationToken: Token);
        await tantivy.AddAsync(90_000, 10, cancellationToken: Token);
        await tantivy.CommitAsync(Token);
        await tantivy.CollectGarbageAsync(Token);
        await tantivy.CloseWriterAsync(Token);
        Assert.Equal(_backups[^1].State.Count + 10, (await TantivyHost.ReadStateAsync(latest, Token)).Count);
    }

    /// <summary>Document stores of 1 MiB and more, and positions of text as people write it, so that every encoding is in use.</summary>
    [Theory]
    [InlineData(BackupCompression.Fast, 1)]
    [InlineData(BackupCompression.Auto, 1, 3, 4)]
    [InlineData(BackupCompression.Max, 1, 2, 4)]
    public async Task Whatever_the_compression_every_byte_comes_back(BackupCompression compression, params int[] encodings)
    {
        string index = _directory.Combine("sources");
        await using (var host = TantivyHost.Start())
        {
            var tantivy = await host.CreateAsync(index, cancellationToken: Token);
            await tantivy.AddFilesAsync(RepositoryRoot.Combine("src"), copies: 3, cancellationToken: Token);
            await tantivy.CommitAsync(Token);
            await tantivy.CloseWriterAsync(Token);
        }

        string path = _directory.Combine("compressed");
        await using var repository = await BackupRepository.CreateAsync(path, Token);
        var manager = new BackupManager(repository);
        var backup = await manager.CreateBackupAsync(IndexSource.Open(index), new BackupOptions { Compression = compression }, cancellationToken: Token);
        var used = new HashSet<int>();
        foreach (var pack in (await manager.GetManifestAsync(backup.Backup.Id, Token)).Packs)
            used.UnionWith((await PackReader.OpenAsync(repository.Objects.Store, repository.Objects.Id, pack, Token)).Chunks.Select(chunk => (int)chunk.Encoding));
        Assert.Superset(encodings.ToHashSet(), used);
        string target = _directory.Combine("restored");
        var restored = await RunAsync(path, "latest", target);
        Assert.True(restored.Code == 0, restored.Error);
        foreach (string file in Directory.EnumerateFiles(index, "*.*").Where(file => !Path.GetFileName(file).StartsWith('.')))
            Assert.Equal(await File.ReadAllBytesAsync(file, Token), await File.ReadAllBytesAsync(Path.Combine(target, Path.GetFileName(file)), Token));
    }

    [Fact]
    public async Task Damage_is_refused_and_named()
    {
        _directory.DamagedBecause = "every object is harmed";

        // A flipped bit in the middle of every object: each is one that the newest backup needs, or the log cannot be read past it.
        foreach (string path in Directory.EnumerateFiles(RepositoryPath, "*", SearchOption.AllDirectories).ToList())
        {
            string name = Path.GetRelativePath(RepositoryPath, path);
            if (name == "README.txt" || name.StartsWith("tmp", StringComparison.Ordinal) || (name.StartsWith("backups", StringComparison.Ordinal) && Path.GetFileName(name) != _backups[^1].Backup.ToString()))
                continue;
            byte[] whole = await File.ReadAllBytesAsync(path, Token);
            byte[] flipped = [.. whole];
            flipped[whole.Length / 2] ^= 16;
            await File.WriteAllBytesAsync(path, flipped, Token);
            string target = _directory.Combine("damaged");
            var (code, _, error) = await RunAsync(RepositoryPath, "latest", target);
            if (name.StartsWith("packs", StringComparison.Ordinal) && code == 0)
                Assert.Equal(_backups[^1].State, await TantivyHost.ReadStateAsync(target, Token));
            else
                Assert.True(code == 1 && error.StartsWith("restore.py: ", StringComparison.Ordinal) && !error.Contains("Traceback", StringComparison.Ordinal), $"{name}: {error}");
            if (code != 0)
                Assert.False(File.Exists(Path.Combine(target, "meta.json")), name);
            if (name.StartsWith("log", StringComparison.Ordinal))
                Assert.Contains(name, error, StringComparison.Ordinal);
            await File.WriteAllBytesAsync(path, whole, Token);
            if (Directory.Exists(target))
                Directory.Delete(target, recursive: true);
        }

        // A pack that holds a file of the newest backup is named.
        await using var repository = await BackupRepository.OpenAsync(RepositoryPath, Token);
        string pack = (await new BackupManager(repository).GetManifestAsync(_backups[^1].Backup, Token)).Packs[0].Id.ToString();
        File.Delete(Path.Combine(RepositoryPath, "packs", pack[..2], pack));
        var missing = await RunAsync(RepositoryPath, "latest", _directory.Combine("missing"));
        Assert.Equal(1, missing.Code);
        Assert.Contains(pack, missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hole_in_the_log_still_lets_a_backup_be_restored_by_its_id()
    {
        _directory.DamagedBecause = "an entry of the log is taken away";
        File.Delete(Path.Combine(RepositoryPath, "log", "0000000000000", "001"));
        string target = _directory.Combine("restored");
        Assert.Equal(1, (await RunAsync(RepositoryPath, "latest", target)).Code);
        var byId = await RunAsync(RepositoryPath, _backups[^1].Backup.ToString(), target);
        Assert.True(byId.Code == 0, byId.Error);
        Assert.Contains("warning", byId.Error, StringComparison.Ordinal);
        Assert.Equal(_backups[^1].State, await TantivyHost.ReadStateAsync(target, Token));
    }

    [Fact]
    public async Task Nothing_that_exists_is_touched_and_nonsense_is_explained()
    {
        string target = _directory.CreateDirectory("taken");
        await File.WriteAllTextAsync(Path.Combine(target, "mine"), "mine", Token);
        Assert.Contains("not an empty directory", (await RunAsync(RepositoryPath, "latest", target)).Error, StringComparison.Ordinal);
        Assert.Equal(["mine"], Directory.EnumerateFileSystemEntries(target).Select(Path.GetFileName));
        Assert.Contains("no backup ffff", (await RunAsync(RepositoryPath, "ffff", _directory.Combine("x"))).Error, StringComparison.Ordinal);
        Assert.Contains("no Segvault repository", (await RunAsync(target)).Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.Combine("x")));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("python3") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(RepositoryRoot.Combine("docs", "restore.py"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var error = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output, await error);
    }
}
