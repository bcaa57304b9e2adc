using Segvault.Testing;
using Xunit;

namespace Segvault.Engine.Tests;

/// <summary>Backups that earlier versions took, restored by this one and opened by Tantivy.</summary>
public sealed class RecordedRepositoryTests
{
    public static TheoryData<string> Names => [.. RecordedRepository.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_backup_opens_with_the_documents_it_was_taken_with(string name)
    {
        var token = TestContext.Current.CancellationToken;
        await using var recorded = await RecordedRepository.UnpackAsync(name, token);
        await using var repository = await BackupRepository.OpenAsync(recorded.Path, token);
        var manager = new BackupManager(repository);
        await using var host = TantivyHost.Start();
        foreach (var backup in recorded.Listed)
        {
            var (id, documents) = ((string)backup!["id"]!, (long)backup["documents"]!);
            await manager.RestoreBackupAsync(id, recorded.Combine(id), cancellationToken: token);
            var index = await host.OpenAsync(recorded.Combine(id), cancellationToken: token);
            Assert.Equal(documents, await index.CountAsync(token));
            Assert.Equal(documents, (await index.QueryAsync("sample", cancellationToken: token)).Total);
            Assert.Equal(documents, (await index.ReadStateAsync(token)).Count);
        }
    }
}
