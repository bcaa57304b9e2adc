using Segvault.Engines;

namespace Segvault.Testing;

/// <summary>A directory with a Tantivy-shaped index and a directory of archives of it.</summary>
internal sealed class ArchiveBench : IDisposable
{
    private readonly TempDirectory _directory = new();

    public ArchiveBench(ArchiveOptions? options = null, int segments = 2, int bytesPerFile = 600)
    {
        Index = TantivyFiles.Create(_directory.Combine("index"), segments, bytesPerFile: bytesPerFile);
        Archives = ArchiveDirectory.Open(_directory.Combine("archives"), options);
        Manager = new BackupManager(Archives);
    }

    public TantivyFiles Index { get; }

    public ArchiveDirectory Archives { get; }

    public BackupManager Manager { get; }

    public string Combine(params ReadOnlySpan<string> parts) => _directory.Combine(parts);

    public Task<BackupResult> BackUpAsync(BackupType type, CancellationToken cancellationToken, BackupOptions? options = null) =>
        Manager.CreateBackupAsync(IndexSource.Open(Index.Directory), (options ?? new BackupOptions()) with { Type = type }, cancellationToken: cancellationToken);

    /// <summary>Adds, deletes and merges away.</summary>
    public void ChangeIndex() => Index.Change();

    /// <summary>Restores an archive to a new directory, and says what is in it.</summary>
    public async Task<DirectoryContent> RestoreAsync(string archive, CancellationToken cancellationToken, RestoreOptions? options = null)
    {
        var target = Combine($"restored-{Guid.NewGuid():n}");
        await Manager.RestoreBackupAsync(archive, target, options, cancellationToken: cancellationToken);
        var content = DirectoryContent.Of(target);
        Directory.Delete(target, recursive: true);
        return content;
    }

    public void Dispose() => _directory.Dispose();
}
