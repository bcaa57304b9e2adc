using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Testing.Stores;

/// <summary>A repository in memory behind a <see cref="FaultyObjectStore"/>, and what tests do with it again and again.</summary>
internal sealed class RepositoryBench : IAsyncDisposable
{
    private RepositoryBench(MemoryObjectStore memory, FaultyObjectStore store, BackupRepository repository, ImpatientTimeProvider clock)
    {
        Memory = memory;
        Store = store;
        Repository = repository;
        Clock = clock;
        Manager = new BackupManager(repository, new BackupManagerOptions { TimeProvider = clock });
    }

    /// <summary>The clock of this client, and of those opened from it.</summary>
    public ImpatientTimeProvider Clock { get; }

    public MemoryObjectStore Memory { get; }

    /// <summary>Set by tests that damage the repository on purpose, with the reason: it is not asked to be consistent at the end then.</summary>
    public string? DamagedBecause
    {
        get => Memory.DamagedBecause;
        set => Memory.DamagedBecause = value;
    }

    public FaultyObjectStore Store { get; }

    public BackupRepository Repository { get; }

    public BackupManager Manager { get; }

    public TransactionLog Log => Repository.Objects.Log;

    public static async Task<RepositoryBench> CreateAsync()
    {
        var memory = new MemoryObjectStore();
        await (await BackupRepository.CreateAsync(memory)).DisposeAsync();
        return await OpenAsync(memory);
    }

    /// <summary>Another client of a store, with no memory of what was before.</summary>
    public static async Task<RepositoryBench> OpenAsync(MemoryObjectStore memory, ImpatientTimeProvider? clock = null)
    {
        var store = new FaultyObjectStore(memory);
        clock ??= new ImpatientTimeProvider();
        var repository = await BackupRepository.OpenAsync(store, clock);
        store.Forget();
        return new RepositoryBench(memory, store, repository, clock);
    }

    public Task<RepositoryBench> OpenAnotherAsync() => OpenAsync(Memory, Clock);

    public Task<BackupResult> BackUpAsync(string index, BackupOptions? options = null) =>
        Manager.CreateBackupAsync(IndexSource.Open(index), options);

    public Task<BackupManifest> ReadManifestAsync(BackupResult backup) => Manager.GetManifestAsync(backup.Backup.Id);

    public async Task<IReadOnlyList<BackupSummary>> ListAsync()
    {
        var backups = new List<BackupSummary>();
        await foreach (var backup in Manager.ListBackupsAsync())
            backups.Add(backup);
        return backups;
    }

    public Task<VerifyReport> VerifyAsync(VerifyLevel level = VerifyLevel.Data) => Manager.VerifyBackupsAsync(new VerifyOptions { Level = level });

    /// <summary>Appends an entry as another client or a collector would.</summary>
    public Task<LogState> AppendAsync(string kind, params string[] names) => AppendAsync(_ => Entry(kind, names));

    public Task<LogState> AppendAsync(Func<LogState, LogEntry> decide) =>
        Log.AppendAsync(decide, NullLogger.Instance, CancellationToken.None);

    public LogEntry ReadEntry(long number)
    {
        byte[] body = SealedObject.Open(
            Memory.Objects[LogReader.NameOf(number)], ObjectKind.LogEntry, Repository.Objects.Id, new ObjectName(number), out string? problem)
            ?? throw new InvalidDataException(problem);
        return JsonSerializer.Deserialize(body, RepositoryJson.Default.LogEntry)!;
    }

    /// <summary>Stores an entry as it is, past every rule.</summary>
    public void Plant(LogEntry entry) => Memory.Objects[LogReader.NameOf(entry.Number)] = LogReader.Seal(entry, Repository.Objects.Id);

    /// <summary>Collects at once whatever no live backup needs.</summary>
    public Task<CollectionResult> CollectAsync(TimeSpan grace = default) => Repository.CollectAsync(new CollectionOptions { Grace = grace });

    /// <summary>Packs that no live backup refers to.</summary>
    public async Task<IReadOnlyList<string>> FindUnreferencedPacksAsync()
    {
        var referenced = new HashSet<string>(StringComparer.Ordinal);
        foreach (var backup in await ListAsync())
            referenced.UnionWith((await Manager.GetManifestAsync(backup.Id)).Packs.Select(pack => PackFormat.NameOf(pack.Id)));
        return [.. Memory.NamesOf("packs/").Where(name => !referenced.Contains(name))];
    }

    public static LogEntry Entry(string kind, params string[] names)
    {
        var body = new NamesBody { Names = names };
        return LogEntry.Draft(kind) with
        {
            Remove = kind == LogKind.Remove ? body : null,
            Condemn = kind == LogKind.Condemn ? body : null,
            Erase = kind == LogKind.Erase ? body : null,
            Verified = kind == LogKind.Verified ? new VerifiedBody { Names = names } : null,
            Holding = kind == LogKind.Holding ? body : null,
            Confirmed = kind == LogKind.Confirmed ? body : null,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Repository.DisposeAsync();
        if (DamagedBecause is null)
            await RepositoryConsistency.AssertAsync(Memory);
    }
}
