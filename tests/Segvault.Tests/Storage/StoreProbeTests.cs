using Segvault.Repositories;
using Segvault.Storage;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Storage;

public sealed class StoreProbeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_that_overwrites_cannot_hold_a_repository()
    {
        var memory = new MemoryObjectStore();
        var store = new FaultyObjectStore(memory)
        {
            // What a server that ignores the condition does.
            OnCall = call =>
            {
                if (call.Verb == StoreVerb.Complete)
                    memory.Objects.TryRemove(call.Name, out _);
                return Fault.None;
            },
        };
        var refused = await Assert.ThrowsAsync<SegvaultException>(() => BackupRepository.CreateAsync(store, cancellationToken: Token));
        Assert.Equal(ErrorCode.StoreUnsuitable, refused.Code);
        Assert.Empty(memory.Objects);
    }

    [Fact]
    public async Task A_sound_store_passes_and_is_left_as_it_was()
    {
        var memory = new MemoryObjectStore();
        await StoreProbe.RunAsync(memory, Token);
        Assert.Empty(memory.Objects);
    }

    [Fact]
    public async Task A_directory_with_something_else_in_it_is_not_made_a_repository()
    {
        using var directory = new Segvault.Testing.TempDirectory();
        await File.WriteAllTextAsync(directory.Combine("thesis.txt"), "mine", Token);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => BackupRepository.CreateAsync(directory.Path, Token));
        Assert.Equal(ErrorCode.RepositoryNotEmpty, refused.Code);
        Assert.Single(Directory.EnumerateFileSystemEntries(directory.Path));
        await Assert.ThrowsAsync<RepositoryNotFoundException>(() => BackupRepository.OpenAsync(directory.Path, Token));
    }

    [Fact]
    public async Task Making_a_repository_twice_or_at_once_gives_one_repository()
    {
        using var directory = new Segvault.Testing.TempDirectory();
        string root = directory.Combine("repository");
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => BackupRepository.CreateAsync(new LocalObjectStore(root), cancellationToken: Token), Token)));
        Assert.Single(made.Select(repository => repository.Objects.Id).Distinct());
        var again = await BackupRepository.CreateAsync(root, Token);
        Assert.Equal(made[0].Objects.Id, again.Objects.Id);
    }
}
