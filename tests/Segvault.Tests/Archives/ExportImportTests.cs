using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

/// <summary>Backups of a repository as archives, and archives as backups of a repository: the same bytes both ways.</summary>
public sealed class ExportImportTests : IAsyncLifetime
{
    private readonly ArchiveBench _archives = new();
    private RestoreBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _bench = await RestoreBench.CreateAsync(Token);

    public async ValueTask DisposeAsync()
    {
        _archives.Dispose();
        await _bench.DisposeAsync();
    }

    [Theory]
    [InlineData("one.tar.gz")]
    [InlineData("one.tar.zst")]
    public async Task Export_and_import_keep_every_byte(string name)
    {
        await _bench.BackUpAsync(Token);
        _bench.ChangeIndex();
        var backup = await _bench.BackUpAsync(Token);
        var exported = await _bench.Repository.ExportBackupAsync(backup, _archives.Combine("new", name), cancellationToken: Token);
        Assert.Equal(DirectoryContent.Of(_bench.Index), await _archives.RestoreAsync(exported.Archive, Token));

        await using var other = await BackupRepository.CreateAsync(_archives.Combine("repository"), Token);
        var imported = await other.ImportBackupAsync(exported.Archive, cancellationToken: Token);
        var before = await _bench.Manager.GetManifestAsync(backup, Token);
        var after = await new BackupManager(other).GetManifestAsync(imported.Backup.Id, Token);
        Assert.Equal(before.Checksum, after.Checksum);
        Assert.Equal(
            before.Files.Select(file => (file.Path, file.Length, file.ModifiedAt, file.Mode, file.Owner, file.Sha256, file.Segment, file.WriteOnce, Convert.ToHexString(file.Footer.AsSpan()))),
            after.Files.Select(file => (file.Path, file.Length, file.ModifiedAt, file.Mode, file.Owner, file.Sha256, file.Segment, file.WriteOnce, Convert.ToHexString(file.Footer.AsSpan()))));
        Assert.Equal((before.Name, before.PinnedAt, before.IndexPath, before.Documents), (after.Name, after.PinnedAt, after.IndexPath, after.Documents));
        var target = _archives.Combine("target");
        await new BackupManager(other).RestoreBackupAsync(imported.Backup.Id, target, cancellationToken: Token);
        Assert.Equal(DirectoryContent.Of(_bench.Index), DirectoryContent.Of(target));
        Assert.Empty((await new BackupManager(other).VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data }, cancellationToken: Token)).Problems);
    }

    [Fact]
    public async Task What_the_repository_has_is_not_stored_again_and_the_same_backup_not_recorded_twice()
    {
        var first = await _bench.BackUpAsync(Token);
        var archive = (await _bench.Repository.ExportBackupAsync(first, _archives.Combine("one.tar.gz"), cancellationToken: Token)).Archive;
        var again = await _bench.Repository.ImportBackupAsync(archive, cancellationToken: Token);
        Assert.True(again.Unchanged);
        Assert.Equal(first, again.Backup.Id);
        var renamed = await _bench.Repository.ImportBackupAsync(archive, new ImportOptions { Name = "other" }, cancellationToken: Token);
        Assert.False(renamed.Unchanged);
        Assert.Equal(0, renamed.BytesNew);
        Assert.Equal("other", renamed.Backup.Name);
    }

    [Fact]
    public async Task An_incremental_archive_is_imported_whole_with_those_that_it_needs()
    {
        var full = await _archives.BackUpAsync(BackupType.Full, Token);
        _archives.ChangeIndex();
        var incremental = await _archives.BackUpAsync(BackupType.Incremental, Token);
        var imported = await _bench.Repository.ImportBackupAsync(incremental.Backup.Archive!, new ImportOptions { Name = "carried" }, cancellationToken: Token);
        var target = _archives.Combine("target");
        await _bench.Manager.RestoreBackupAsync(imported.Backup.Id, target, cancellationToken: Token);
        Assert.Equal(DirectoryContent.Of(_archives.Index), DirectoryContent.Of(target));
        File.Delete(full.Backup.Archive!);
        await using var empty = await BackupRepository.CreateAsync(_archives.Combine("empty"), Token);
        await Assert.ThrowsAsync<DamageException>(() => empty.ImportBackupAsync(incremental.Backup.Archive!, cancellationToken: Token));
        Assert.Empty(await new BackupManager(empty).ListBackupsAsync(cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_damaged_archive_records_nothing()
    {
        var taken = await _archives.BackUpAsync(BackupType.Full, Token);
        var bytes = await File.ReadAllBytesAsync(taken.Backup.Archive!, Token);
        bytes[bytes.Length * 2 / 3] ^= 1;
        await File.WriteAllBytesAsync(taken.Backup.Archive!, bytes, Token);
        await Assert.ThrowsAsync<DamageException>(() => _bench.Repository.ImportBackupAsync(taken.Backup.Archive!, cancellationToken: Token));
        Assert.Empty(await _bench.Manager.ListBackupsAsync(cancellationToken: Token).ToListAsync(Token));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_bench.Repository.Location, "packs"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task An_old_state_that_was_imported_does_not_become_the_latest()
    {
        var old = await _bench.BackUpAsync(Token);
        var archive = (await _bench.Repository.ExportBackupAsync(old, _archives.Combine("old.tar.gz"), cancellationToken: Token)).Archive;
        await using var other = await BackupRepository.CreateAsync(_archives.Combine("repository"), Token);
        var manager = new BackupManager(other);
        _bench.ChangeIndex();
        var newest = await manager.CreateBackupAsync(Segvault.Engines.IndexSource.Open(_bench.Index.Directory), cancellationToken: Token);
        var imported = await other.ImportBackupAsync(archive, cancellationToken: Token);
        Assert.Equal(newest.Backup.Id, (await manager.FindBackupAsync("latest", cancellationToken: Token)).Id);
        Assert.Contains("imported", imported.Backup.Flags);
    }

    [Fact]
    public async Task An_export_never_replaces_anything_and_a_name_that_belongs_to_another_index_is_refused()
    {
        var backup = await _bench.BackUpAsync(Token);
        var path = _archives.Combine("taken.tar.gz");
        await File.WriteAllTextAsync(path, "mine", Token);
        Assert.Equal(ErrorCode.TargetExists, (await Assert.ThrowsAsync<RefusedException>(() => _bench.Repository.ExportBackupAsync(backup, path, cancellationToken: Token))).Code);
        Assert.Equal("mine", await File.ReadAllTextAsync(path, Token));
        var foreign = await _archives.BackUpAsync(BackupType.Full, Token);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.Repository.ImportBackupAsync(foreign.Backup.Archive!, cancellationToken: Token));
        Assert.Equal(ErrorCode.NameInUse, refused.Code);
    }
}
