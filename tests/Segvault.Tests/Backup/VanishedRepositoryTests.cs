using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Backup;

/// <summary>What unmounting the repository's file system leaves behind: an empty directory of the same name.</summary>
public sealed class VanishedRepositoryTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_backup_does_not_fill_the_empty_directory_in_its_place(bool afterAnEarlierBackup)
    {
        var path = _directory.Combine("repository");
        var files = TantivyFiles.Create(_directory.CreateDirectory("index"), segments: 2);
        await using var repository = await BackupRepository.CreateAsync(path, Token);
        var manager = new BackupManager(repository);
        if (afterAnEarlierBackup)
        {
            await manager.CreateBackupAsync(IndexSource.Open(files.Directory), cancellationToken: Token);
            files.AddSegment(5);
            files.WriteMeta();
        }

        var source = IndexSource.Open(files.Directory) with
        {
            PinnedAsync = _ =>
            {
                Directory.Move(path, path + "-elsewhere");
                Directory.CreateDirectory(path);
                return ValueTask.CompletedTask;
            },
        };
        var thrown = await Assert.ThrowsAsync<SegvaultException>(() => manager.CreateBackupAsync(source, cancellationToken: Token));
        Assert.Equal(ErrorCode.StoreUnreachable, thrown.Code);
        Assert.Contains(path, thrown.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(path));
    }
}
