using System.Security.Cryptography;
using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Verify;

/// <summary>A verification believes no checkpoint, and names what does not belong into a repository.</summary>
public sealed class LogVerificationTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ObjectId Repository => _bench.Repository.Objects.Id;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        await _bench.BackUpAsync(TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 300).Directory);
        while ((await _bench.Log.FoldAsync(Token)).NextNumber < CheckpointStore.Interval + 3)
            await _bench.AppendAsync(LogKind.Nop);
        Assert.Single(_bench.Memory.NamesOf(CheckpointStore.Prefix));
        Assert.Empty((await VerifyAsync()).Problems);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_checkpoint_that_says_something_else_than_the_log_is_named_though_it_is_sound_in_itself()
    {
        _bench.DamagedBecause = "a checkpoint lies";
        string name = _bench.Memory.NamesOf(CheckpointStore.Prefix)[0];
        var (checkpoint, _) = await new CheckpointStore(_bench.Memory, Repository).ReadAsync(name, Token);
        _bench.Memory.Objects.TryRemove(name, out _);
        string wrong = Plant(checkpoint! with { Erased = ["packs/" + new string('a', 32)] });
        var problem = Assert.Single((await VerifyAsync()).Problems);
        Assert.Equal(wrong, problem.Object);
        Assert.Contains("does not say what the log says", problem.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_of_entries_that_the_log_does_not_have_is_named()
    {
        _bench.DamagedBecause = "a checkpoint of another log is put there";
        string name = _bench.Memory.NamesOf(CheckpointStore.Prefix)[0];
        var (checkpoint, _) = await new CheckpointStore(_bench.Memory, Repository).ReadAsync(name, Token);
        string beyond = Plant(checkpoint! with { Number = 5_000 });
        Assert.Equal(beyond, Assert.Single((await VerifyAsync()).Problems).Object);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task A_damaged_checkpoint_is_named_and_harms_nothing(int kept)
    {
        _bench.DamagedBecause = "a checkpoint is damaged";
        string name = _bench.Memory.NamesOf(CheckpointStore.Prefix)[0];
        _bench.Memory.Objects[name] = _bench.Memory.Objects[name][..kept];
        var report = await VerifyAsync();
        Assert.Equal(name, Assert.Single(report.Problems).Object);
        Assert.Equal(1, report.Backups);
    }

    [Fact]
    public async Task A_checkpoint_of_another_repository_is_named()
    {
        await using var other = await RepositoryBench.CreateAsync();
        _bench.DamagedBecause = "a checkpoint of another repository is put there";
        await other.BackUpAsync(_directory.Combine("index"));
        for (int i = 0; i < CheckpointStore.Interval; i++)
            await other.AppendAsync(LogKind.Nop);
        string foreign = other.Memory.NamesOf(CheckpointStore.Prefix)[0];
        _bench.Memory.Objects[foreign] = other.Memory.Objects[foreign];
        var problem = Assert.Single((await VerifyAsync()).Problems);
        Assert.Equal(foreign, problem.Object);
        Assert.Contains("another repository", problem.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_entry_that_a_checkpoint_hides_is_found_and_what_the_checkpoint_knows_is_verified()
    {
        _bench.DamagedBecause = "an entry is damaged";
        _bench.Memory.Objects.TryRemove(LogReader.NameOf(0), out byte[]? entry);
        _bench.Memory.Objects[LogReader.NameOf(0)] = [.. entry!.Reverse()];
        var report = await VerifyAsync();
        Assert.Equal(LogReader.NameOf(0), report.Problems[0].Object);
        Assert.Equal(1, report.Backups);
    }

    [Theory]
    [InlineData("packs/notes.txt")]
    [InlineData("packs/0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("backups/readme")]
    [InlineData("log/0000000000000/12")]
    [InlineData("log/lock")]
    [InlineData("checkpoints/newest")]
    public async Task A_name_that_no_object_has_is_named(string name)
    {
        _bench.DamagedBecause = "a strange object is put there";
        _bench.Memory.Objects[name] = [1, 2, 3];
        var problem = Assert.Single((await VerifyAsync()).Problems);
        Assert.Equal(name, problem.Object);
        Assert.Empty(problem.Backups);
    }

    [Theory]
    [InlineData("packs/")]
    [InlineData("backups/")]
    public async Task An_object_under_a_name_that_is_not_its_own_is_named_though_nothing_needs_it(string prefix)
    {
        _bench.DamagedBecause = "an object is put under another name";
        string copy = prefix + ObjectId.NewRandom();
        _bench.Memory.Objects[copy] = _bench.Memory.Objects[_bench.Memory.NamesOf(prefix)[0]];
        var problem = Assert.Single((await VerifyAsync()).Problems);
        Assert.Equal(copy, problem.Object);
        Assert.Contains("another name", problem.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pack_that_no_backup_needs_is_no_problem()
    {
        var writer = await PackWriter.CreateAsync(_bench.Memory, Repository, Token);
        await writer.CompleteAsync(Token);
        await writer.DisposeAsync();
        Assert.Empty((await VerifyAsync()).Problems);
    }

    private string Plant(Checkpoint checkpoint)
    {
        byte[] bytes = SealedObject.Seal(ObjectKind.Checkpoint, Repository, new ObjectName(checkpoint.Number), checkpoint.ToJson());
        string name = $"{CheckpointStore.Prefix}{9_999_999_999_999_999 - checkpoint.Number:d16}-{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        _bench.Memory.Objects[name] = bytes;
        return name;
    }

    private async Task<VerifyReport> VerifyAsync()
    {
        await using var bench = await _bench.OpenAnotherAsync();
        return await bench.VerifyAsync(VerifyLevel.Structure);
    }
}
