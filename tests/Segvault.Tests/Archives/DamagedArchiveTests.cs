using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

/// <summary>A real archive, cut and flipped: it is refused, or restores to the very same bytes. Never does it restore wrongly, hang or crash.</summary>
public sealed class DamagedArchiveTests : IDisposable
{
    private readonly ArchiveBench _bench = new(bytesPerFile: 3000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(ArchiveFormat.TarGz, 200, 500)]
    [InlineData(ArchiveFormat.TarZst, 60, 150)]
    public async Task Every_cut_and_every_flipped_bit_is_refused_or_harmless(ArchiveFormat format, int cuts, int flips)
    {
        const int Seed = 20260103;
        TestContext.Current.SendDiagnosticMessage("seed {0}", Seed);
        var random = new Random(Seed);
        var manager = new BackupManager(ArchiveDirectory.Open(_bench.Combine("made"), new ArchiveOptions { Format = format }));
        var taken = await manager.CreateBackupAsync(Segvault.Engines.IndexSource.Open(_bench.Index.Directory), cancellationToken: Token);
        var good = await File.ReadAllBytesAsync(taken.Backup.Archive!, Token);
        var content = DirectoryContent.Of(_bench.Index);
        var refused = 0;
        for (var i = 0; i < cuts; i++)
            refused += await TryAsync(good[..random.Next(good.Length)], format, content, $"cut {i}") ? 0 : 1;
        Assert.Equal(cuts, refused);
        for (var i = 0; i < flips; i++)
        {
            var bad = good.ToArray();
            var position = random.Next(bad.Length);
            bad[position] ^= (byte)(1 << random.Next(8));
            refused += await TryAsync(bad, format, content, $"flip at {position}") ? 0 : 1;
        }

        // Only a gzip header has bits that mean nothing: the time, the level, the system.
        Assert.InRange(refused, cuts + (flips * 9 / 10), cuts + flips);
    }

    [Fact]
    public async Task A_flipped_bit_in_a_base_is_found_when_an_archive_that_needs_it_is_restored_over_an_index_which_stays_as_it_was()
    {
        var first = await _bench.BackUpAsync(BackupType.Full, Token);
        _bench.ChangeIndex();
        var second = await _bench.BackUpAsync(BackupType.Incremental, Token);
        var bytes = await File.ReadAllBytesAsync(first.Backup.Archive!, Token);
        bytes[bytes.Length / 2] ^= 4;
        await File.WriteAllBytesAsync(first.Backup.Archive!, bytes, Token);
        _bench.ChangeIndex();
        var before = DirectoryPicture.Contents(_bench.Index.Directory);
        var damaged = await Assert.ThrowsAsync<DamageException>(() => _bench.Manager.RestoreBackupAsync(
            second.Backup.Archive!, _bench.Index.Directory, new RestoreOptions { IfTargetExists = IfTargetExists.Replace }, cancellationToken: Token));
        Assert.Equal(first.Backup.Archive, damaged.DamagedObject);
        Assert.Equal(before, DirectoryPicture.Contents(_bench.Index.Directory));
        var problem = Assert.Single((await _bench.Manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data }, cancellationToken: Token)).Problems);
        Assert.Equal(first.Backup.Archive, problem.Object);
        Assert.Equivalent(new[] { first.Backup.Id.ToString(), second.Backup.Id.ToString() }, problem.Backups.Select(id => id.ToString()));
    }

    [Fact]
    public async Task A_base_whose_manifest_is_damaged_is_named_as_damaged_not_as_lost()
    {
        var first = await _bench.BackUpAsync(BackupType.Full, Token);
        _bench.ChangeIndex();
        var second = await _bench.BackUpAsync(BackupType.Incremental, Token);
        var bytes = await File.ReadAllBytesAsync(first.Backup.Archive!, Token);
        bytes[100] ^= 4;
        await File.WriteAllBytesAsync(first.Backup.Archive!, bytes, Token);
        var damaged = await Assert.ThrowsAsync<DamageException>(() => _bench.RestoreAsync(second.Backup.Archive!, Token));
        Assert.Equal((ErrorCode.ArchiveDamaged, first.Backup.Archive), (damaged.Code, damaged.DamagedObject));
        Assert.Contains("which is damaged", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_archive_is_named_after_those_that_can_be_listed()
    {
        var first = await _bench.BackUpAsync(BackupType.Full, Token);
        await File.WriteAllTextAsync(Path.Combine(_bench.Archives.Path, "backup_full_20200101_000000.tar.gz"), "no gzip", Token);
        await File.WriteAllTextAsync(Path.Combine(_bench.Archives.Path, "holiday pictures.tar.gz"), "nobody's business", Token);
        var listed = new List<BackupSummary>();
        var damaged = await Assert.ThrowsAsync<DamageException>(async () =>
        {
            await foreach (var backup in _bench.Manager.ListBackupsAsync(cancellationToken: Token))
                listed.Add(backup);
        });
        Assert.Equal(first.Backup.Id, Assert.Single(listed).Id);
        Assert.Contains("backup_full_20200101_000000.tar.gz", damaged.Message, StringComparison.Ordinal);
    }

    /// <summary>True when it restores, and then to the same bytes.</summary>
    private async Task<bool> TryAsync(byte[] archive, ArchiveFormat format, DirectoryContent content, string what)
    {
        var path = Path.Combine(_bench.Archives.Path, format == ArchiveFormat.TarGz ? "damaged.tar.gz" : "damaged.tar.zst");
        await File.WriteAllBytesAsync(path, archive, Token);
        var verified = await _bench.Manager.VerifyBackupsAsync(new VerifyOptions { Level = VerifyLevel.Data, Archives = [path] }, cancellationToken: Token);
        try
        {
            var restored = await _bench.RestoreAsync(path, Token);
            Assert.True(content == restored, $"{what} restored to something else");
            Assert.True(verified.Problems.IsEmpty, $"{what} restored, and verify found {verified.Problems.FirstOrDefault()}");
            return true;
        }
        catch (SegvaultException exception)
        {
            Assert.True(exception is DamageException or RefusedException or UnsupportedFormatException, $"{what}: {exception}");
            Assert.Contains(path, exception.Message, StringComparison.Ordinal);
            Assert.False(verified.Problems.IsEmpty, $"{what} was refused ({exception.Message}), and verify found nothing");
            return false;
        }
    }
}
