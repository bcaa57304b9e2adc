using Segvault.Engines;
using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repositories;

/// <summary>What every test asks of its repository at the end finds each kind of inconsistency, and names it.</summary>
public sealed class RepositoryConsistencyTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private BackupResult _backup = null!;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _backup = await _bench.BackUpAsync(TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 300).Directory);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_repository_in_order_passes_and_is_not_written_to()
    {
        var before = _bench.Memory.Copy();
        Assert.Empty(await RepositoryConsistency.FindProblemsAsync(_bench.Memory));
        Assert.Equal(before.Objects.Keys.Order(StringComparer.Ordinal), _bench.Memory.Objects.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("a missing pack", "missing and was never erased")]
    [InlineData("a shorter pack", "bytes instead of")]
    [InlineData("an erased pack", "is erased and needed by the live backup")]
    [InlineData("a missing manifest", "missing and was never erased")]
    [InlineData("a missing manifest of a removed backup", "of the removed backup")]
    [InlineData("a damaged entry", "The log cannot be folded beyond entry -1")]
    [InlineData("an entry beyond the end", "lies beyond the end of the log")]
    [InlineData("a strange object", "does not belong here")]
    [InlineData("a pack under another name", "was stored under another name")]
    [InlineData("a checkpoint that lies", "is not what the log folds to")]
    [InlineData("a missing descriptor", "cannot be opened")]
    public async Task Each_inconsistency_is_named(string harm, string message)
    {
        _bench.DamagedBecause = "that is what these tests are about";
        await HarmAsync(harm);
        Assert.Contains(await RepositoryConsistency.FindProblemsAsync(_bench.Memory), problem => problem.Contains(message, StringComparison.Ordinal));
        var failure = await Assert.ThrowsAsync<InvalidDataException>(() => RepositoryConsistency.AssertAsync(_bench.Memory, harm));
        Assert.Contains(harm, failure.Message, StringComparison.Ordinal);
        Assert.Contains("DamagedBecause", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bench_asks_when_it_is_disposed_of_unless_told_why_not()
    {
        var damaged = await RepositoryBench.OpenAsync(_bench.Memory.Copy());
        damaged.Memory.Objects.TryRemove(damaged.Memory.NamesOf(PackFormat.Prefix)[0], out _);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await damaged.DisposeAsync());
        damaged.DamagedBecause = "a pack is taken away";
        await damaged.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a manifest is taken away")]
    public async Task A_directory_asks_every_repository_in_it_before_it_goes_and_goes_all_the_same(string? reason)
    {
        var directory = new TempDirectory { DamagedBecause = reason };
        string place = directory.Combine("some", "where", "repository");
        await using (var repository = await BackupRepository.CreateAsync(place, TestContext.Current.CancellationToken))
        {
            await new BackupManager(repository).CreateBackupAsync(IndexSource.Open(_directory.Combine("index")), cancellationToken: TestContext.Current.CancellationToken);
            await (await BackupRepository.CreateAsync(directory.Combine("sound"), TestContext.Current.CancellationToken)).DisposeAsync();
        }

        directory.AssertConsistent();
        File.Delete(Assert.Single(Directory.GetFiles(Path.Combine(place, "backups"))));
        if (reason is null)
            Assert.Contains(place, Assert.Throws<InvalidDataException>(directory.Dispose).Message, StringComparison.Ordinal);
        else
            directory.Dispose();
        Assert.False(Directory.Exists(directory.Path));
    }

    private async Task HarmAsync(string harm)
    {
        var objects = _bench.Memory.Objects;
        string pack = _bench.Memory.NamesOf(PackFormat.Prefix)[0];
        switch (harm)
        {
            case "a missing pack":
                objects.TryRemove(pack, out _);
                break;
            case "a shorter pack":
                objects[pack] = objects[pack][..^1];
                break;
            case "an erased pack":
                await _bench.AppendAsync(LogKind.Erase, pack);
                break;
            case "a missing manifest":
                objects.TryRemove(ManifestStore.NameOf(_backup.Backup.Id), out _);
                break;
            case "a missing manifest of a removed backup":
                await _bench.Repository.DeleteBackupsAsync([_backup.Backup.Id]);
                objects.TryRemove(ManifestStore.NameOf(_backup.Backup.Id), out _);
                break;
            case "a damaged entry":
                objects[LogReader.NameOf(0)][100] ^= 1;
                break;
            case "an entry beyond the end":
                objects[LogReader.NameOf(7)] = objects[LogReader.NameOf(0)];
                break;
            case "a strange object":
                objects["packs/notes.txt"] = [1];
                break;
            case "a pack under another name":
                objects[PackFormat.NameOf(ObjectId.NewRandom())] = objects[pack];
                break;
            case "a checkpoint that lies":
                var state = await _bench.Log.FoldAsync(CancellationToken.None);
                await new CheckpointStore(_bench.Memory, _bench.Repository.Objects.Id).WriteAsync(state with { Condemned = [pack] }, CancellationToken.None);
                break;
            case "a missing descriptor":
                objects.TryRemove(RepositoryDescriptor.ObjectName, out _);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(harm), harm, "There is no such harm.");
        }
    }
}
