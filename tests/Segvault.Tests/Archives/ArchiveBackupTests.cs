using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

/// <summary>Full and incremental archives of an index, made, listed, verified and restored.</summary>
public sealed class ArchiveBackupTests : IDisposable
{
    private readonly ArchiveBench _bench = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task New_create_and_restore_bring_an_index_back(ArchiveFormat format)
    {
        var directory = _bench.Combine("not", "there", "yet");
        var manager = new BackupManager(ArchiveDirectory.Open(directory, new ArchiveOptions { Format = format }));
        var taken = await manager.CreateBackupAsync(IndexSource.Open(_bench.Index.Directory), new BackupOptions { Type = BackupType.Full }, cancellationToken: Token);
        var before = DirectoryContent.Of(_bench.Index);
        Directory.Delete(_bench.Index.Directory, recursive: true);
        var restored = await manager.RestoreBackupAsync(taken.Backup.Archive!, _bench.Index.Directory, cancellationToken: Token);

        Assert.Equal(before, DirectoryContent.Of(_bench.Index));
        Assert.Equal(taken.Backup.Id, restored.Backup);
        Assert.Equal(200, restored.Documents);
        Assert.Equal(new FileInfo(taken.Backup.Archive!).Length, taken.BytesStored);
        Assert.True(File.Exists(Path.Combine(_bench.Index.Directory, ".managed.json")));
        Assert.Matches(@"^backup_full_\d{8}_\d{6}\.tar\.(gz|zst)$", Path.GetFileName(taken.Backup.Archive!));
        Assert.Equal([taken.Backup.Archive!], Directory.GetFileSystemEntries(directory));
    }

    [Fact]
    public async Task Each_of_a_series_of_incremental_archives_restores_to_exactly_its_own_files()
    {
        var states = new List<(string Archive, DirectoryContent Content, long Documents)>();
        for (var i = 0; i < 6; i++)
        {
            var taken = await _bench.BackUpAsync(i == 0 ? BackupType.Full : BackupType.Incremental, Token);
            Assert.Equal(i == 0 ? BackupType.Full : BackupType.Incremental, taken.Backup.Type);
            Assert.Equal(i == 0 ? null : Path.GetFileName(states[^1].Archive), taken.Backup.BaseArchive);
            Assert.Equal(_bench.Index.Documents, taken.Backup.Documents);
            states.Add((taken.Backup.Archive!, DirectoryContent.Of(_bench.Index), _bench.Index.Documents));
            _bench.ChangeIndex();
        }

        foreach (var (archive, content, _) in states)
            Assert.Equal(content, await _bench.RestoreAsync(archive, Token));
        var listed = await _bench.Manager.ListBackupsAsync(cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(states.Select(state => (state.Archive, state.Documents)), listed.Select(backup => (backup.Archive!, backup.Documents)));
        Assert.All(listed, backup => Assert.Empty(backup.Missing));
        var report = await _bench.Manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data }, cancellationToken: Token);
        Assert.Empty(report.Problems);
        Assert.Equal(6, report.Backups);
    }

    [Fact]
    public async Task An_incremental_archive_holds_only_what_is_new()
    {
        var first = await _bench.BackUpAsync(BackupType.Full, Token);
        var segment = _bench.Index.AddSegment(10);
        _bench.Index.WriteMeta();
        var second = await _bench.BackUpAsync(BackupType.Incremental, Token);
        var expected = _bench.Index.LiveFiles.Where(name => name.StartsWith(segment.Id, StringComparison.Ordinal) || name == "meta.json").Sum(name => new FileInfo(_bench.Index.PathOf(name)).Length);
        Assert.Equal(expected, second.BytesNew);
        Assert.Equal([Path.GetFileName(first.Backup.Archive!)], second.Backup.Needs);
    }

    [Fact]
    public async Task A_file_that_changed_is_stored_again_although_its_time_and_length_are_the_same()
    {
        await _bench.BackUpAsync(BackupType.Full, Token);
        var meta = _bench.Index.PathOf("meta.json");
        var time = File.GetLastWriteTimeUtc(meta);
        await File.WriteAllTextAsync(meta, (await File.ReadAllTextAsync(meta, Token)).Replace("16384", "16385", StringComparison.Ordinal), Token);
        File.SetLastWriteTimeUtc(meta, time);
        var second = await _bench.BackUpAsync(BackupType.Incremental, Token);
        Assert.False(second.Unchanged);
        Assert.Equal(DirectoryContent.Of(_bench.Index), await _bench.RestoreAsync(second.Backup.Archive!, Token));
    }

    [Fact]
    public async Task Nothing_changed_makes_no_archive_and_names_the_one_that_has_this_state()
    {
        var first = await _bench.BackUpAsync(BackupType.Full, Token);
        foreach (var file in _bench.Index.LiveFiles)
            File.SetLastWriteTimeUtc(_bench.Index.PathOf(file), DateTime.UnixEpoch);
        var second = await _bench.BackUpAsync(BackupType.Incremental, Token);
        Assert.True(second.Unchanged);
        Assert.Equal(first.Backup.Archive, second.Backup.Archive);
        Assert.Single(Directory.GetFileSystemEntries(_bench.Archives.Path));
    }

    [Fact]
    public async Task Archives_of_one_second_get_different_names_and_none_is_replaced()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)));
        var manager = new BackupManager(_bench.Archives, new BackupManagerOptions { TimeProvider = clock });
        for (var i = 0; i < 3; i++)
            await manager.CreateBackupAsync(IndexSource.Open(_bench.Index.Directory), new BackupOptions { Type = BackupType.Full }, cancellationToken: Token);
        Assert.Equal(
            ["backup_full_20260102_010405.tar.gz", "backup_full_20260102_010405_2.tar.gz", "backup_full_20260102_010405_3.tar.gz"],
            Directory.GetFiles(_bench.Archives.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Another_index_in_the_same_directory_is_no_base()
    {
        await _bench.BackUpAsync(BackupType.Full, Token);
        var other = TantivyFiles.Create(_bench.Combine("elsewhere", "index"), segments: 1, seed: 9);
        var taken = await _bench.Manager.CreateBackupAsync(IndexSource.Open(other.Directory), cancellationToken: Token);
        Assert.Equal(BackupType.Full, taken.Backup.Type);
        var named = await _bench.Manager.CreateBackupAsync(IndexSource.Open(other.Directory), new BackupOptions { Name = "index" }, cancellationToken: Token);
        Assert.True(named.Unchanged);
    }

    [Fact]
    public async Task The_manifest_is_the_first_file_and_says_what_it_must()
    {
        var taken = await _bench.BackUpAsync(BackupType.Full, Token);
        _bench.ChangeIndex();
        var second = await _bench.BackUpAsync(BackupType.Incremental, Token);
        foreach (var (archive, full) in new[] { (taken.Backup.Archive!, true), (second.Backup.Archive!, false) })
        {
            var members = ArchiveMembers.Read(archive);
            Assert.Equal("manifest.json", members[0].Name);
            Assert.Equal("meta.json", members[1].Name);
            var manifest = JsonDocument.Parse(members[0].Content).RootElement;
            Assert.Equal("1.0", manifest.GetProperty("version").GetString());
            Assert.Equal(_bench.Index.Directory, manifest.GetProperty("index_path").GetString());
            Assert.Equal(full ? "full" : "incremental", manifest.GetProperty("backup_type").GetString());
            Assert.Equal(!full, manifest.TryGetProperty("base_backup", out var rest));
            if (!full)
                Assert.Equal(Path.GetFileName(taken.Backup.Archive!), rest.GetString());
            var files = manifest.GetProperty("files").EnumerateArray().ToList();
            var lines = string.Concat(files.Select(file => $"{file.GetProperty("checksum").GetString()}  {file.GetProperty("path").GetString()}\n"));
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(lines))), manifest.GetProperty("checksum").GetString());
            Assert.Equal(files.Sum(file => file.GetProperty("size").GetInt64()), manifest.GetProperty("total_size").GetInt64());
            Assert.True(files.Single(file => file.GetProperty("path").GetString() == ".managed.json").GetProperty("generated").GetBoolean());
            Assert.Equal(
                members.Skip(1).Select(member => member.Name).Order(StringComparer.Ordinal),
                files.Where(file => !file.TryGetProperty("archive", out _)).Select(file => file.GetProperty("path").GetString()!));
        }
    }

    [Fact]
    public async Task A_backup_that_is_stopped_or_fails_leaves_nothing_behind()
    {
        using var stop = new CancellationTokenSource();
        var source = IndexSource.Open(_bench.Index.Directory) with
        {
            PinnedAsync = _ =>
            {
                stop.Cancel();
                return ValueTask.CompletedTask;
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _bench.Manager.CreateBackupAsync(source, cancellationToken: stop.Token));
        Assert.Empty(Directory.GetFileSystemEntries(_bench.Archives.Path));
    }

    [Fact]
    public async Task What_a_killed_run_left_is_removed_by_the_next_unless_it_is_in_use()
    {
        var abandoned = Path.Combine(_bench.Archives.Path, ".segvault-archive-1.part");
        var inUse = Path.Combine(_bench.Archives.Path, ".segvault-archive-2.part");
        await File.WriteAllTextAsync(abandoned, "half", Token);
        await using (new FileStream(inUse, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            await _bench.BackUpAsync(BackupType.Full, Token);
            Assert.False(File.Exists(abandoned));
            Assert.True(File.Exists(inUse));
        }
    }

    [Fact]
    public async Task An_archive_directory_inside_the_index_is_refused()
    {
        var inside = ArchiveDirectory.Open(_bench.Index.PathOf("archives"));
        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => new BackupManager(inside).CreateBackupAsync(IndexSource.Open(_bench.Index.Directory), cancellationToken: Token));
        Assert.Equal(ErrorCode.PathsOverlap, refused.Code);
    }

    [Fact]
    public async Task A_damaged_index_is_refused_and_stored_as_it_is_when_that_is_asked_for()
    {
        var file = _bench.Index.LiveFiles.First(name => name.EndsWith(".store", StringComparison.Ordinal));
        await using (var stream = new FileStream(_bench.Index.PathOf(file), FileMode.Open))
            stream.Write([1, 2, 3, 4, 5]);
        Assert.Equal(ErrorCode.SourceDamaged, (await Assert.ThrowsAsync<RefusedException>(() => _bench.BackUpAsync(BackupType.Full, Token))).Code);
        var taken = await _bench.BackUpAsync(BackupType.Full, Token, new BackupOptions { AllowDamaged = true });
        Assert.Equal([file], taken.DamagedFiles);
        Assert.Equal(DirectoryContent.Of(_bench.Index), await _bench.RestoreAsync(taken.Backup.Archive!, Token));
        Assert.Equal(BackupType.Full, (await _bench.BackUpAsync(BackupType.Incremental, Token, new BackupOptions { AllowDamaged = true })).Backup.Type);
    }
}
