using System.Text.Json;
using Segvault.Engines;
using Segvault.Engines.Tantivy;
using Segvault.Locking;

namespace Segvault.Testing;

/// <summary>A directory with a Tantivy-shaped index, a repository, and backups of states of the index.</summary>
internal sealed class RestoreBench : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly CancellationToken _token;

    private RestoreBench(TempDirectory directory, BackupRepository repository, BackupManagerOptions? options, CancellationToken token)
    {
        _directory = directory;
        _token = token;
        Repository = repository;
        Manager = new BackupManager(repository, options);
    }

    public BackupRepository Repository { get; }

    public BackupManager Manager { get; }

    /// <inheritdoc cref="TempDirectory.DamagedBecause"/>
    public string? DamagedBecause
    {
        get => _directory.DamagedBecause;
        set => _directory.DamagedBecause = value;
    }

    public required TantivyFiles Index { get; init; }

    /// <summary>Where everything of the test is.</summary>
    public string Root => _directory.Path;

    public static async Task<RestoreBench> CreateAsync(CancellationToken cancellationToken, BackupManagerOptions? options = null, int segments = 2, int bytesPerFile = 600)
    {
        var directory = new TempDirectory();
        var repository = await BackupRepository.CreateAsync(directory.Combine("repository"), cancellationToken);
        return new RestoreBench(directory, repository, options, cancellationToken) { Index = TantivyFiles.Create(directory.Combine("index"), segments, bytesPerFile: bytesPerFile) };
    }

    public string Combine(params ReadOnlySpan<string> parts) => _directory.Combine(parts);

    public async Task<BackupId> BackUpAsync(CancellationToken cancellationToken) =>
        (await Manager.CreateBackupAsync(IndexSource.Open(Index.Directory), new BackupOptions { Name = "index" }, cancellationToken: cancellationToken)).Backup.Id;

    /// <summary>Backs the index up, changes it in every way that an application does, and backs it up again.</summary>
    public async Task<(BackupId Before, BackupId After)> BackUpTwiceAsync(CancellationToken cancellationToken)
    {
        var before = await BackUpAsync(cancellationToken);
        ChangeIndex();
        return (before, await BackUpAsync(cancellationToken));
    }

    /// <summary>Adds, deletes and merges away.</summary>
    public void ChangeIndex() => Index.Change();

    public Task<RestoreResult> ReplaceAsync(BackupId backup, string target, RestoreOptions? options = null) =>
        Manager.RestoreBackupAsync(backup, target, (options ?? new RestoreOptions()) with { IfTargetExists = IfTargetExists.Replace }, null, _token);

    /// <summary>What is wrong with the index in a directory: every byte is checked, and it must have nothing that does not belong to it.</summary>
    public static async Task<IReadOnlyList<string>> FindProblemsAsync(string directory, CancellationToken cancellationToken)
    {
        var inspection = await new TantivyEngine().InspectAsync(directory, readContent: true, null, cancellationToken);
        return
        [
            .. inspection.Problems.Select(problem => $"{problem.File} {problem.Problem}"),
            .. inspection.OrphanFiles.Select(file => $"{file} is an orphan"),
            .. FindLitter(directory).Select(name => $"{name} is litter"),
            .. FindManagedProblems(directory),
        ];
    }

    /// <summary>Names of what restores and backups left in an index directory. On Windows lock files stay.</summary>
    public static IEnumerable<string> FindLitter(string directory) => Directory.EnumerateFileSystemEntries(directory, ".segvault*")
        .Select(path => Path.GetFileName(path))
        .Where(name => !(OperatingSystem.IsWindows() && name == LockFileProvider.FileName));

    /// <summary>Tantivy deletes nothing that its list does not name.</summary>
    private static IEnumerable<string> FindManagedProblems(string directory)
    {
        var managed = JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(Path.Combine(directory, ".managed.json")))!;
        var files = Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path)).Where(name => TantivyFileName.IsData(name) || name == TantivyFileName.Meta);
        return files.Except(managed, StringComparer.Ordinal).Select(name => $".managed.json lacks {name}")
            .Concat(managed.Except(files, StringComparer.Ordinal).Select(name => $".managed.json names {name}"));
    }

    public async ValueTask DisposeAsync()
    {
        await Repository.DisposeAsync();
        _directory.Dispose();
    }
}
