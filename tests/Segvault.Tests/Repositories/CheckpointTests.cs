using System.Text;
using Segvault.Repositories;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repositories;

public sealed class CheckpointTests : IAsyncLifetime
{
    private const int Entries = 300;

    private RepositoryBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        var random = new Random(7);
        var ids = new List<string>();
        for (int i = 0; i < Entries; i++)
            await _bench.AppendAsync(_ => Next(random, ids));
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_client_that_begins_at_a_checkpoint_knows_what_the_whole_log_says()
    {
        _bench.DamagedBecause = "entries are recorded without the objects that they name";
        Assert.Equal(3, Checkpoints.Count);
        await using var fresh = await _bench.OpenAnotherAsync();
        var state = await fresh.Log.FoldAsync(Token);
        Assert.Equal(Entries, state.NextNumber);
        Assert.Equal(await WholeAsync(), Describe(state));
        Assert.InRange(fresh.Store.Calls.Count(call => call.Name.StartsWith("log/", StringComparison.Ordinal) && call.Name.Length > 5), 1, (Entries % CheckpointStore.Interval) + 1);
        var appended = await (await _bench.OpenAnotherAsync()).AppendAsync(LogKind.Nop);
        Assert.Equal(await WholeAsync(), Describe(appended));
    }

    [Fact]
    public async Task Without_checkpoints_nothing_is_lost()
    {
        _bench.DamagedBecause = "entries are recorded without the objects that they name";
        string whole = await WholeAsync();
        foreach (string name in Checkpoints)
            Assert.True(_bench.Memory.Objects.TryRemove(name, out _));
        Assert.Equal(whole, await FreshAsync());
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("cut short")]
    [InlineData("empty")]
    [InlineData("of another number")]
    [InlineData("of another repository")]
    public async Task A_checkpoint_that_is_not_sound_is_not_used(string how)
    {
        _bench.DamagedBecause = "entries are recorded without the objects that they name";
        string whole = await WholeAsync();
        foreach (string name in Checkpoints)
        {
            byte[] bytes = _bench.Memory.Objects[name];
            _bench.Memory.Objects[name] = how switch
            {
                "flipped" => [.. bytes[..200], (byte)(bytes[200] ^ 1), .. bytes[201..]],
                "cut short" => bytes[..^1],
                "empty" => [],
                "of another number" => _bench.Memory.Objects[Checkpoints.First(other => other != name)],
                _ => SealedObject.Seal(ObjectKind.Checkpoint, ObjectId.NewRandom(), new ObjectName(1), "{}"u8),
            };
        }

        Assert.Equal(whole, await FreshAsync());
    }

    [Fact]
    public async Task A_checkpoint_of_a_log_that_was_rolled_back_and_went_on_otherwise_is_not_used()
    {
        _bench.DamagedBecause = "entries are recorded without the objects that they name";
        foreach (string name in _bench.Memory.NamesOf("log/").Skip(10))
            Assert.True(_bench.Memory.Objects.TryRemove(name, out _));
        string rolledBack = await WholeAsync();
        Assert.Equal(rolledBack, await FreshAsync());
        await using var other = await _bench.OpenAnotherAsync();
        for (int i = 0; i < Entries; i++)
            await other.AppendAsync(LogKind.Nop);
        Assert.Equal(await WholeAsync(), await FreshAsync());
    }

    [Fact]
    public async Task An_entry_that_is_lost_behind_a_checkpoint_is_noticed_and_its_backup_still_listed()
    {
        _bench.DamagedBecause = "an entry is taken away";
        var before = await (await _bench.OpenAnotherAsync()).Log.FoldAsync(Token);
        Assert.True(_bench.Memory.Objects.TryRemove(LogReader.NameOf(5), out _));
        var state = await (await _bench.OpenAnotherAsync()).Log.FoldAsync(Token);
        Assert.Equal(LogReader.NameOf(5), Assert.IsType<DamageException>(state.Obstacle).DamagedObject);
        Assert.Equal(before.Live.Select(add => add.Backup), state.Live.Select(add => add.Backup));
    }

    [Fact]
    public async Task That_no_checkpoint_can_be_written_fails_nothing()
    {
        _bench.DamagedBecause = "entries are recorded without the objects that they name";
        _bench.Store.BeforeCall = call => call.Name.StartsWith(CheckpointStore.Prefix, StringComparison.Ordinal) ? throw new IOException("no") : Task.CompletedTask;
        for (int i = 0; i < 70; i++)
            await _bench.AppendAsync(LogKind.Nop);
        Assert.Equal(Entries + 70, (await (await _bench.OpenAnotherAsync()).Log.FoldAsync(Token)).NextNumber);
    }

    private IReadOnlyList<string> Checkpoints => _bench.Memory.NamesOf(CheckpointStore.Prefix);

    /// <summary>Everything that a state says, as text.</summary>
    internal static string Describe(LogState state) => Encoding.UTF8.GetString(Checkpoint.Of(state).ToJson());

    private async Task<string> WholeAsync() => Describe(await _bench.Log.FoldWholeAsync(Token));

    private async Task<string> FreshAsync()
    {
        await using var fresh = await _bench.OpenAnotherAsync();
        return Describe(await fresh.Log.FoldAsync(Token));
    }

    private static LogEntry Next(Random random, List<string> ids)
    {
        string Any() => ids.Count == 0 ? new string('0', 32) : ids[random.Next(ids.Count)];
        string pack = $"packs/{random.Next(50):d32}";
        switch (random.Next(10))
        {
            case 0 or 1:
                ids.Add(ObjectId.NewRandom().ToString());
                return LogStateTests.Add(ids[^1], $"index {random.Next(3)}") is var entry && ids.Count > 3 && random.Next(4) == 0
                    ? entry with { Add = entry.Add! with { Replaces = ids[random.Next(ids.Count - 1)] } }
                    : entry;
            case 2:
                return RepositoryBench.Entry(LogKind.Remove, Any(), Any());
            case 3:
                return RepositoryBench.Entry(LogKind.Condemn, pack, "backups/" + Any());
            case 4:
                return RepositoryBench.Entry(LogKind.Erase, pack, "backups/" + Any());
            case 5:
                return RepositoryBench.Entry(LogKind.Holding, pack);
            case 6:
                return RepositoryBench.Entry(LogKind.Confirmed, Any());
            case 7:
                return LogEntry.Draft(LogKind.Unchanged) with { Unchanged = new UnchangedBody { Backup = Any(), PinnedAt = DateTimeOffset.UtcNow.AddHours(random.Next(100)) } };
            case 8:
                return LogEntry.Draft(LogKind.Verified) with { Verified = new VerifiedBody { Names = [pack], Good = [$"packs/{random.Next(50):d32}"] } };
            default:
                return LogEntry.Draft(LogKind.Verified) with
                {
                    Verified = new VerifiedBody { Names = [], Drill = new DrillBody { Backup = Any(), Passed = random.Next(2) == 0, Documents = random.Next(9) } },
                };
        }
    }
}
