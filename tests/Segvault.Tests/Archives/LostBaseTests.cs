using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

/// <summary>What happens when an archive that others need is lost, changed, renamed or elsewhere.</summary>
public sealed class LostBaseTests : IAsyncLifetime
{
    private readonly ArchiveBench _bench = new();
    private readonly List<(string Archive, DirectoryContent Content)> _states = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            var taken = await _bench.BackUpAsync(i == 0 ? BackupType.Full : BackupType.Incremental, Token);
            _states.Add((taken.Backup.Archive!, DirectoryContent.Of(_bench.Index)));
            _bench.Index.AddSegment(20);
            _bench.Index.WriteMeta();
        }
    }

    public ValueTask DisposeAsync()
    {
        _bench.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_message_names_the_lost_archive_what_needs_it_and_what_can_still_be_restored()
    {
        File.Delete(_states[1].Archive);
        var lost = await Assert.ThrowsAsync<DamageException>(() => _bench.RestoreAsync(_states[2].Archive, Token));
        Assert.Equal(ErrorCode.ArchiveMissing, lost.Code);
        Assert.Equal(Name(1), lost.DamagedObject);
        Assert.Contains($"Archives that need it: {Name(2)}.", lost.Message, StringComparison.Ordinal);
        Assert.Contains($"Archives that can still be restored: {Name(0)}.", lost.Message, StringComparison.Ordinal);
        Assert.Equal(_states[0].Content, await _bench.RestoreAsync(_states[0].Archive, Token));
        var listed = await _bench.Manager.ListBackupsAsync(cancellationToken: Token).ToListAsync(Token);
        Assert.Equal([Name(0), Name(1)], listed[1].Needs);
        Assert.Equal([Name(1)], listed[1].Missing);
        var problem = Assert.Single((await _bench.Manager.VerifyBackupsAsync(cancellationToken: Token)).Problems);
        Assert.Equal(Name(1), problem.Object);
        Assert.Equal([listed[1].Id], problem.Backups);
    }

    [Fact]
    public async Task An_index_that_still_has_the_files_takes_the_place_of_a_lost_archive()
    {
        File.Delete(_states[0].Archive);
        File.Delete(_states[1].Archive);
        Assert.Equal(_states[2].Content, await _bench.RestoreAsync(_states[2].Archive, Token, new RestoreOptions { ReuseFrom = _bench.Index.Directory }));

        // By content, under whatever name; and not a file whose content is another.
        var file = _bench.Index.LiveFiles.First(name => name.StartsWith(_bench.Index.Segments[0].Id, StringComparison.Ordinal));
        File.Move(_bench.Index.PathOf(file), _bench.Index.PathOf("somewhere.else"));
        Assert.Equal(_states[2].Content, await _bench.RestoreAsync(_states[2].Archive, Token, new RestoreOptions { ReuseFrom = _bench.Index.Directory }));
        var bytes = await File.ReadAllBytesAsync(_bench.Index.PathOf("somewhere.else"), Token);
        bytes[7] ^= 1;
        await File.WriteAllBytesAsync(_bench.Index.PathOf("somewhere.else"), bytes, Token);
        var lost = await Assert.ThrowsAsync<DamageException>(
            () => _bench.RestoreAsync(_states[2].Archive, Token, new RestoreOptions { ReuseFrom = _bench.Index.Directory }));
        Assert.Contains(file, lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_incremental_rests_on_the_newest_that_is_whole_and_says_why()
    {
        File.Delete(_states[1].Archive);
        var next = await _bench.BackUpAsync(BackupType.Incremental, Token);
        Assert.Equal(Name(0), next.Backup.BaseArchive);
        Assert.Contains(Name(1), Assert.Single(next.Warnings, warning => warning.Code == ErrorCode.NoBase).Message, StringComparison.Ordinal);
        Assert.Equal(DirectoryContent.Of(_bench.Index), await _bench.RestoreAsync(next.Backup.Archive!, Token));
    }

    [Fact]
    public async Task Without_any_whole_base_a_full_archive_is_made_and_the_answer_says_what_is_missing()
    {
        File.Delete(_states[0].Archive);
        var next = await _bench.BackUpAsync(BackupType.Incremental, Token);
        Assert.Equal(BackupType.Full, next.Backup.Type);
        Assert.Empty(next.Backup.Needs);
        Assert.Contains(Name(0), Assert.Single(next.Warnings, warning => warning.Code == ErrorCode.NoBase).Message, StringComparison.Ordinal);
        Assert.Equal(DirectoryContent.Of(_bench.Index), await _bench.RestoreAsync(next.Backup.Archive!, Token));
    }

    [Fact]
    public async Task An_archive_that_took_the_place_of_another_is_not_used_for_it()
    {
        File.Copy(_states[1].Archive, _states[0].Archive, overwrite: true);
        var lost = await Assert.ThrowsAsync<DamageException>(() => _bench.RestoreAsync(_states[2].Archive, Token));
        Assert.Contains("is another archive", lost.Message, StringComparison.Ordinal);
        Assert.Equal(BackupType.Full, (await _bench.BackUpAsync(BackupType.Incremental, Token)).Backup.Type);
    }

    [Fact]
    public async Task A_base_that_was_cut_short_is_not_used()
    {
        await using (var stream = new FileStream(_states[2].Archive, FileMode.Open))
            stream.SetLength(stream.Length - 1);
        var next = await _bench.BackUpAsync(BackupType.Incremental, Token);
        Assert.Equal(Name(1), next.Backup.BaseArchive);
    }

    [Fact]
    public async Task A_renamed_archive_is_found_by_what_it_holds()
    {
        File.Move(_states[0].Archive, Path.Combine(_bench.Archives.Path, "the first one.tar.gz"));
        Assert.Equal(_states[2].Content, await _bench.RestoreAsync(_states[2].Archive, Token));
        var next = await _bench.BackUpAsync(BackupType.Incremental, Token);
        Assert.Equal(BackupType.Incremental, next.Backup.Type);
        Assert.Equal(DirectoryContent.Of(_bench.Index), await _bench.RestoreAsync(next.Backup.Archive!, Token));
    }

    [Fact]
    public async Task A_base_may_be_in_another_directory()
    {
        var elsewhere = Directory.CreateDirectory(_bench.Combine("elsewhere")).FullName;
        foreach (var (archive, _) in _states.Take(2))
            File.Move(archive, Path.Combine(elsewhere, Path.GetFileName(archive)));
        var manager = new BackupManager(ArchiveDirectory.Open(_bench.Archives.Path, new ArchiveOptions { BaseDirectories = [elsewhere] }));
        var target = _bench.Combine("target");
        await manager.RestoreBackupAsync(_states[2].Archive, target, cancellationToken: Token);
        Assert.Equal(_states[2].Content, DirectoryContent.Of(target));
    }

    [Fact]
    public async Task Deleting_a_later_archive_harms_no_earlier_one()
    {
        File.Delete(_states[2].Archive);
        foreach (var (archive, content) in _states.Take(2))
            Assert.Equal(content, await _bench.RestoreAsync(archive, Token));
    }

    private string Name(int index) => Path.GetFileName(_states[index].Archive);
}
