using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Collection;

/// <summary>A backup that is removed and collected while somebody reads it: that is said, and is no damage.</summary>
public sealed class RemovedMeanwhileTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private RepositoryBench _other = null!;
    private TantivyFiles _index = null!;
    private BackupId _backup;
    private BackupId _kept;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _other = await _bench.OpenAnotherAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 2, bytesPerFile: 2000);
        _backup = (await _bench.BackUpAsync(_index.Directory)).Backup.Id;
        _kept = (await _bench.BackUpAsync(_index.Directory, new BackupOptions { Type = BackupType.Full })).Backup.Id;
    }

    public async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_restore_ends_with_a_clear_error_wherever_it_is_and_the_target_is_untouched()
    {
        int removed = 0;
        for (int i = 0; ; i++)
        {
            await using var bench = await RepositoryBench.OpenAsync(_bench.Memory.Copy());
            await using var collector = await bench.OpenAnotherAsync();
            CollectAt(bench, collector, i);
            string target = _directory.Combine($"target-{i}");
            try
            {
                await bench.Manager.RestoreBackupAsync(_backup, target, cancellationToken: Token);
                Assert.Equal(DirectoryContent.Of(_index), DirectoryContent.Of(target));
                if (bench.Store.Calls.Count <= i)
                    break;
            }
            catch (BackupNotFoundException exception)
            {
                Assert.Contains(exception.Code, new[] { ErrorCode.BackupNotFound, ErrorCode.BackupRemoved });
                removed += exception.Code == ErrorCode.BackupRemoved ? 1 : 0;
                Assert.False(Directory.Exists(target));
            }
        }

        Assert.InRange(removed, 3, 100);
    }

    [Fact]
    public async Task A_restore_over_an_index_leaves_that_as_it_is()
    {
        string target = _directory.Combine("target");
        await _bench.Manager.RestoreBackupAsync(_kept, target, cancellationToken: Token);
        var before = DirectoryPicture.Contents(target);
        foreach (string pack in (await _bench.Manager.GetManifestAsync(_backup, Token)).Packs.Select(pack => PackFormat.NameOf(pack.Id)).Take(1))
            CollectAt(_bench, _other, call => call.Name == pack);
        foreach (string file in _index.LiveFiles)
            File.AppendAllText(Path.Combine(target, file), "x");
        before = DirectoryPicture.Contents(target);
        var removed = await Assert.ThrowsAsync<BackupNotFoundException>(
            () => _bench.Manager.RestoreBackupAsync(_backup, target, new RestoreOptions { IfTargetExists = IfTargetExists.Replace }, cancellationToken: Token));
        Assert.Equal(ErrorCode.BackupRemoved, removed.Code);
        var after = DirectoryPicture.Contents(target);
        after.Remove(".segvault.lock");
        before.Remove(".segvault.lock");
        Assert.Equal(before, after);
        Assert.Equal(["index", "target"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_export_ends_likewise_and_leaves_no_archive()
    {
        string pack = PackFormat.NameOf((await _bench.Manager.GetManifestAsync(_backup, Token)).Packs[^1].Id);
        CollectAt(_bench, _other, call => call.Name == pack);
        Directory.CreateDirectory(_directory.Combine("archives"));
        var removed = await Assert.ThrowsAsync<BackupNotFoundException>(
            () => _bench.Repository.ExportBackupAsync(_backup, _directory.Combine("archives", "archive.tar.gz"), cancellationToken: Token));
        Assert.Equal(ErrorCode.BackupRemoved, removed.Code);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Combine("archives")));
    }

    [Theory]
    [InlineData(VerifyLevel.Structure)]
    [InlineData(VerifyLevel.Data)]
    public async Task A_verification_reports_no_damage_for_it(VerifyLevel level)
    {
        string manifest = ManifestStore.NameOf(_backup);
        var packs = (await _bench.Manager.GetManifestAsync(_backup, Token)).Packs.Select(pack => PackFormat.NameOf(pack.Id)).ToList();
        foreach (string at in packs.Prepend(manifest))
        {
            await using var bench = await RepositoryBench.OpenAsync(_bench.Memory.Copy());
            await using var collector = await bench.OpenAnotherAsync();
            CollectAt(bench, collector, call => call.Name == at);
            Assert.Empty((await bench.VerifyAsync(level)).Problems);
            Assert.Single(await bench.ListAsync());
        }
    }

    [Fact]
    public async Task Damage_of_a_backup_that_is_there_is_still_damage()
    {
        _bench.DamagedBecause = "a pack is taken away";
        string pack = PackFormat.NameOf((await _bench.Manager.GetManifestAsync(_kept, Token)).Packs[0].Id);
        bool came = false;
        _bench.Store.BeforeCall = async call =>
        {
            if (call.Name != pack || came)
                return;
            came = true;
            await _other.Repository.DeleteBackupsAsync([_backup], Token);
            _bench.Memory.Objects.TryRemove(pack, out _);
        };
        await Assert.ThrowsAsync<DamageException>(() => _bench.Manager.RestoreBackupAsync(_kept, _directory.Combine("target"), cancellationToken: Token));
        var problem = Assert.Single((await _bench.VerifyAsync()).Problems);
        Assert.Equal((pack, _kept), (problem.Object, Assert.Single(problem.Backups)));
    }

    private void CollectAt(RepositoryBench reader, RepositoryBench collector, int number) => CollectAt(reader, collector, call => call.Number == number);

    private void CollectAt(RepositoryBench reader, RepositoryBench collector, Func<StoreCall, bool> isThen)
    {
        int came = 0;
        reader.Store.BeforeCall = async call =>
        {
            if (!isThen(call) || Interlocked.Exchange(ref came, 1) != 0)
                return;
            await collector.Repository.DeleteBackupsAsync([_backup], Token);
            await collector.CollectAsync();
        };
    }
}
