using Segvault.Engines;
using Segvault.Engines.Tantivy;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>What most tests here need: a scratch directory with a place for an index, a repository, and the real Tantivy to judge.</summary>
internal sealed class BackupBench : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private TantivyHost? _host;

    private BackupBench(TempDirectory directory, BackupRepository repository)
    {
        _directory = directory;
        Repository = repository;
        Backups = new BackupManager(repository);
    }

    public BackupRepository Repository { get; }

    public BackupManager Backups { get; }

    /// <inheritdoc cref="TempDirectory.DamagedBecause"/>
    public string? DamagedBecause
    {
        get => _directory.DamagedBecause;
        set => _directory.DamagedBecause = value;
    }

    /// <summary>The path of the index; nothing is there at first.</summary>
    public string Index => Combine("index");

    /// <summary>A Tantivy process that lives as long as this, for writing and for judging.</summary>
    public TantivyHost Host => _host ??= TantivyHost.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<BackupBench> CreateAsync()
    {
        var directory = new TempDirectory();
        try
        {
            return new BackupBench(directory, await BackupRepository.CreateAsync(directory.Combine("repository"), Token));
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public string Combine(params ReadOnlySpan<string> parts) => _directory.Combine(parts);

    /// <summary>Makes the index with this many documents, committed; its writer is closed.</summary>
    public async Task<TantivyIndex> CreateIndexAsync(int documents, int words = 40)
    {
        var index = await Host.CreateAsync(Index, cancellationToken: Token);
        await CommitAsync(index, 1, documents, [], words);
        await index.CloseWriterAsync(Token);
        return index;
    }

    /// <summary>Deletes and adds documents, and commits.</summary>
    public static async Task CommitAsync(TantivyIndex index, long from, int count, IEnumerable<long>? delete = null, int words = 40)
    {
        if (delete?.Any() == true)
            await index.DeleteAsync(delete, Token);
        if (count > 0)
            await index.AddAsync(from, count, words: words, cancellationToken: Token);
        await index.CommitAsync(Token);
    }

    public Task<BackupResult> BackUpAsync(BackupOptions? options = null) =>
        Backups.CreateBackupAsync(IndexSource.Open(Index), options, cancellationToken: Token);

    public Task<BackupPlan> PlanBackupAsync(BackupOptions? options = null) =>
        Backups.PlanBackupAsync(IndexSource.Open(Index), options, cancellationToken: Token);

    public Task<RestoreResult> RestoreAsync(BackupSummary backup, string target, RestoreOptions? options = null) =>
        Backups.RestoreBackupAsync(backup.Id, target, options, cancellationToken: Token);

    /// <summary>Restores over the index that is there.</summary>
    public Task<RestoreResult> ReplaceAsync(BackupSummary backup, bool inPlace) =>
        RestoreAsync(backup, Index, new() { IfTargetExists = IfTargetExists.Replace, InPlace = inPlace });

    /// <summary>Restores beside the index, judges what came, and removes it.</summary>
    public async Task<IndexState> RestoreAndReadAsync(BackupSummary backup)
    {
        var target = Combine($"restored-{backup.Id}");
        await RestoreAsync(backup, target);
        var state = await ReadStateAsync(target);
        Directory.Delete(target, recursive: true);
        return state;
    }

    /// <summary>Opens an index as it is now and reads every document of it; also asks a phrase that every document holds.</summary>
    public async Task<IndexState> ReadStateAsync(string? directory = null)
    {
        var index = await Host.OpenAsync(directory ?? Index, cancellationToken: Token);
        var state = await index.ReadStateAsync(Token);
        Assert.Equal(state.Count, await index.CountAsync(Token));
        Assert.Equal(state.Count, (await index.QueryAsync("\"segvault sample document\"", limit: 1, Token)).Total);
        return state;
    }

    public Task<VerifyReport> VerifyAsync(VerifyLevel level = VerifyLevel.Structure) =>
        Backups.VerifyBackupsAsync(new() { Level = level }, cancellationToken: Token);

    /// <summary>Looks at the index with every checksum.</summary>
    public async Task<IndexInspection> InspectAsync() =>
        await new TantivyEngine().InspectAsync(Index, readContent: true, progress: null, Token);

    /// <summary>Every file below the repository, with its length.</summary>
    public IReadOnlyList<(string Name, long Length)> ReadRepositoryFiles() =>
    [
        .. new DirectoryInfo(Repository.Location).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => (Path.GetRelativePath(Repository.Location, file.FullName), file.Length))
            .Order(),
    ];

    /// <summary>Where the repository keeps an object that it names so.</summary>
    public string PathOfObject(string name) => Directory
        .EnumerateFiles(Repository.Location, Path.GetFileName(name), SearchOption.AllDirectories)
        .Single();

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        await Repository.DisposeAsync();
        _directory.Dispose();
    }
}
