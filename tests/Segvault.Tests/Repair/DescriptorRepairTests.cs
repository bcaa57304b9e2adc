using System.Text;
using Segvault.Engines;
using Segvault.Repositories;
using Segvault.Storage;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repair;

/// <summary>The descriptor is lost or damaged: nothing may be taken for another repository, and a repair writes it anew.</summary>
public sealed class DescriptorRepairTests : IAsyncLifetime
{
    private const string Name = RepositoryDescriptor.ObjectName;
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private TantivyFiles _index = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 1);
        await _bench.BackUpAsync(_index.Directory);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("cut")]
    [InlineData("flipped")]
    public async Task It_is_written_anew(string harm)
    {
        Harm(harm);
        await Assert.ThrowsAsync<DamageException>(() => BackupRepository.OpenAsync(_bench.Memory, cancellationToken: Token));
        await Assert.ThrowsAsync<DamageException>(() => BackupRepository.CreateAsync(_bench.Memory, cancellationToken: Token));
        await using var repository = await BackupRepository.OpenForRepairAsync(_bench.Memory, cancellationToken: Token);
        var before = _bench.Memory.Copy();
        var plan = await repository.PlanRepairAsync(cancellationToken: Token);
        Assert.Equal(Name, Assert.Single(plan.Problems).Object);
        Assert.Equal(before.Objects.GetValueOrDefault(Name), _bench.Memory.Objects.GetValueOrDefault(Name));

        var report = await repository.RepairAsync(cancellationToken: Token);
        Assert.Equal(RepairOutcome.Repaired, report.Outcome);
        Assert.StartsWith(harm == "missing" ? "is missing" : "is damaged", Assert.Single(report.Problems).Problem, StringComparison.Ordinal);
        await using var fresh = await _bench.OpenAnotherAsync();
        Assert.Equal(_bench.Repository.Objects.Id, fresh.Repository.Objects.Id);
        Assert.Empty((await fresh.VerifyAsync()).Problems);
        await fresh.Manager.RestoreBackupAsync(Assert.Single(await fresh.ListAsync()).Id, _directory.Combine("restored"), cancellationToken: Token);
        Assert.Equal(DirectoryContent.Of(_index), DirectoryContent.Of(_directory.Combine("restored")));
    }

    [Fact]
    public async Task One_that_is_sound_stays()
    {
        byte[] descriptor = _bench.Memory.Objects[Name];
        await using var repository = await BackupRepository.OpenForRepairAsync(_bench.Memory, cancellationToken: Token);
        Assert.Equal(RepairOutcome.Sound, (await repository.RepairAsync(cancellationToken: Token)).Outcome);
        Assert.Same(descriptor, _bench.Memory.Objects[Name]);
    }

    [Fact]
    public async Task The_first_entry_may_be_lost_too()
    {
        await _bench.AppendAsync(LogKind.Nop);
        Harm("missing");
        _bench.Memory.Objects[LogReader.NameOf(0)][100] ^= 1;
        await using var repository = await BackupRepository.OpenForRepairAsync(_bench.Memory, cancellationToken: Token);
        Assert.Equal(RepairOutcome.Repaired, (await repository.RepairAsync(cancellationToken: Token)).Outcome);
        await using var fresh = await _bench.OpenAnotherAsync();
        Assert.Single(await fresh.ListAsync());
    }

    [Fact]
    public async Task Where_the_log_is_of_several_repositories_nobody_can_tell()
    {
        _bench.DamagedBecause = "an entry of another repository is in the log, and the descriptor is lost";
        await using var other = await RepositoryBench.CreateAsync();
        await other.AppendAsync(LogKind.Nop);
        await other.AppendAsync(LogKind.Nop);
        _bench.Memory.Objects[LogReader.NameOf(1)] = other.Memory.Objects[LogReader.NameOf(1)];
        Harm("missing");
        var damage = await Assert.ThrowsAsync<DamageException>(() => BackupRepository.OpenForRepairAsync(_bench.Memory, cancellationToken: Token));
        Assert.Equal(LogReader.NameOf(1), damage.DamagedObject);
        Assert.False(_bench.Memory.Objects.ContainsKey(Name));
    }

    [Fact]
    public async Task Where_nothing_is_left_there_is_no_repository()
    {
        var empty = new MemoryObjectStore();
        await Assert.ThrowsAsync<RepositoryNotFoundException>(() => BackupRepository.OpenForRepairAsync(empty, cancellationToken: Token));
        empty.Objects[Name] = Encoding.UTF8.GetBytes("{}");
        await Assert.ThrowsAsync<DamageException>(() => BackupRepository.OpenForRepairAsync(empty, cancellationToken: Token));
    }

    [Fact]
    public async Task A_local_one_is_written_where_others_look_for_it()
    {
        string place = _directory.Combine("repository");
        await using (var repository = await BackupRepository.CreateAsync(place, Token))
            await new BackupManager(repository).CreateBackupAsync(IndexSource.Open(_index.Directory), cancellationToken: Token);
        string file = Path.Combine(place, Name);
        byte[] before = await File.ReadAllBytesAsync(file, Token);
        File.Delete(file);
        await using (var damaged = await BackupRepository.OpenForRepairAsync(new LocalObjectStore(place), cancellationToken: Token))
            Assert.Equal(RepairOutcome.Repaired, (await damaged.RepairAsync(cancellationToken: Token)).Outcome);
        string text = await File.ReadAllTextAsync(file, Token);
        Assert.Contains(RepositoryDescriptor.Parse(before, place).RepositoryId!, text, StringComparison.Ordinal);
        File.Delete(file);
        Directory.CreateDirectory(file);
        await using var blocked = await BackupRepository.OpenForRepairAsync(new LocalObjectStore(place), cancellationToken: Token);
        Assert.Equal(RepairOutcome.Incomplete, (await blocked.RepairAsync(cancellationToken: Token)).Outcome);
    }

    private void Harm(string harm)
    {
        byte[] bytes = _bench.Memory.Objects[Name];
        switch (harm)
        {
            case "missing":
                _bench.Memory.Objects.TryRemove(Name, out _);
                break;
            case "empty":
                _bench.Memory.Objects[Name] = [];
                break;
            case "cut":
                _bench.Memory.Objects[Name] = bytes[..50];
                break;
            default:
                bytes[bytes.Length / 2] ^= 1;
                break;
        }
    }
}
