using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

public sealed class RoundTripTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_backed_up_index_is_restored_with_exactly_its_documents()
    {
        var index = _directory.Combine("index");
        IndexState before;
        await using (var host = TantivyHost.Start())
        {
            var tantivy = await host.CreateAsync(index, cancellationToken: Token);
            await tantivy.AddAsync(1, 500, cancellationToken: Token);
            await tantivy.CommitAsync(Token);
            await tantivy.AddAsync(501, 300, cancellationToken: Token);
            await tantivy.DeleteAsync([3, 4, 5, 600], Token);
            await tantivy.CommitAsync(Token);
            before = await TantivyHost.ReadStateAsync(index, Token);
            await tantivy.CloseWriterAsync(Token);
        }

        await using var repository = await BackupRepository.CreateAsync(_directory.Combine("repository"), Token);
        var manager = new BackupManager(repository);
        var taken = await manager.CreateBackupAsync(IndexSource.Open(index), cancellationToken: Token);
        Assert.Equal(BackupType.Full, taken.Backup.Type);
        Assert.Equal(before.Count, taken.Backup.Documents);

        var again = await manager.CreateBackupAsync(IndexSource.Open(index), cancellationToken: Token);
        Assert.True(again.Unchanged);
        Assert.Equal(taken.Backup.Id, again.Backup.Id);

        Directory.Delete(index, true);
        var restored = await manager.RestoreBackupAsync(taken.Backup.Id, index, cancellationToken: Token);
        Assert.Equal(before.Count, restored.Documents);
        Assert.Equal(before, await TantivyHost.ReadStateAsync(index, Token));
        Assert.Empty((await manager.VerifyBackupsAsync(new() { Level = VerifyLevel.Data }, cancellationToken: Token)).Problems);
    }
}
