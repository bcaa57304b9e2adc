using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repositories;

/// <summary>
/// Whatever is done to any kind of object: a verification of the data names it, and a restore gives exactly the right files or fails clearly and leaves
/// its target untouched.
/// </summary>
public sealed class SeededDamageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private DamageWorld _world = null!;
    private Random _random = null!;
    private int _verified;
    private int _restored;
    private int _refused;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Kinds => [.. DamageWorld.Kinds];

    public async ValueTask InitializeAsync()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        _random = new Random(seed);
        _world = await DamageWorld.CreateAsync();
    }

    public ValueTask DisposeAsync()
    {
        output.WriteLine($"{_verified} harms verified; {_restored} restores exact, {_refused} refused");
        _world.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_flipped_bit_anywhere_is_named_and_never_restored(string kind)
    {
        var regions = _world.RegionsOf(kind);
        int flips = TestBench.Rounds(320, 4000);
        for (int flip = 0; flip < flips; flip++)
        {
            var (name, start, end) = regions[_random.Next(regions.Count)];
            byte[] content = [.. _world.Memory.Objects[name]];
            int place = _random.Next(start, end);
            content[place] ^= (byte)(1 << _random.Next(8));
            await AssertNoticedAsync($"{kind} {name}, byte {place}", memory => memory.Objects[name] = content, [name], restore: flip % 16 == 0 || TestBench.IsThorough);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_cut_or_emptied_object_is_named_and_never_restored(string kind)
    {
        foreach (var (name, start, end) in Some(_world.RegionsOf(kind)))
        {
            byte[] content = _world.Memory.Objects[name];
            foreach (int length in new[] { 0, _random.Next(start, end), content.Length - 1 }.Distinct())
                await AssertNoticedAsync($"{kind} {name}, cut to {length}", memory => memory.Objects[name] = content[..length], [name], restore: true);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_deleted_object_is_named_and_costs_no_other(string kind)
    {
        // Nothing tells that the newest entry is lost, and a checkpoint only saves time.
        string newest = _world.Memory.NamesOf(LogReader.Prefix)[^1];
        foreach (string name in Some(_world.RegionsOf(kind)).Select(region => region.Name).Where(name => name != newest))
            await AssertNoticedAsync($"{kind} {name}, deleted", memory => memory.Objects.TryRemove(name, out _), kind == "checkpoint" ? [] : [name], restore: true);
    }

    [Theory]
    [InlineData("pack data")]
    [InlineData("manifest")]
    [InlineData("log entry")]
    [InlineData("checkpoint")]
    public async Task Two_objects_that_changed_places_are_named_and_never_restored(string kind)
    {
        string[] names = [.. _world.RegionsOf(kind).Select(region => region.Name)];
        for (int round = 0; round < TestBench.Rounds(8, 100); round++)
        {
            _random.Shuffle(names);
            var (one, other) = (names[0], names[1]);

            // The log ends at the first entry that is wrong.
            string[] named = kind == "log entry" ? [string.CompareOrdinal(one, other) < 0 ? one : other] : [one, other];
            await AssertNoticedAsync(
                $"{kind} {one} and {other}",
                memory => (memory.Objects[one], memory.Objects[other]) = (memory.Objects[other], memory.Objects[one]),
                named,
                restore: true);
        }
    }

    private IEnumerable<StoredRegion> Some(IReadOnlyList<StoredRegion> regions)
    {
        var chosen = regions.ToArray();
        _random.Shuffle(chosen);
        return chosen.Take(TestBench.Rounds(10, int.MaxValue));
    }

    private async Task AssertNoticedAsync(string what, Action<MemoryObjectStore> harm, string[] named, bool restore)
    {
        var memory = _world.Memory.Copy();
        memory.DamagedBecause = "that is what these tests are about";
        await using var opened = await RepositoryBench.OpenAsync(memory);
        harm(memory);
        if (restore)
            await AssertNeverRestoredWrongAsync(what, memory, mustSucceed: named is [] || named[0].StartsWith(CheckpointStore.Prefix, StringComparison.Ordinal));
        var problems = (await opened.VerifyAsync()).Problems;
        foreach (string name in named)
            Assert.True(problems.Any(problem => problem.Object == name), $"{what}: {name} is not named, only {string.Join("; ", problems.Select(problem => problem.Object))}");
        if (named.Length == 0)
            Assert.Empty(problems);
        _verified++;
    }

    private async Task AssertNeverRestoredWrongAsync(string what, MemoryObjectStore memory, bool mustSucceed)
    {
        var (backup, content) = _world.Expected.ElementAt(_random.Next(_world.Expected.Count));
        string target = _world.Combine("restored");
        try
        {
            await using var repository = await BackupRepository.OpenAsync(memory, cancellationToken: Token);
            await new BackupManager(repository).RestoreBackupAsync(backup, target, cancellationToken: Token);
        }
        catch (SegvaultException refused)
        {
            Assert.False(mustSucceed, $"{what}: {refused.Message}");
            Assert.False(Directory.Exists(target), $"{what}: refused, and the target is there");
            _refused++;
            return;
        }

        Assert.True(content == DirectoryContent.Of(target), $"{what}: wrong bytes were restored");
        Directory.Delete(target, recursive: true);
        _restored++;
    }
}
