using Microsoft.Extensions.Time.Testing;
using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Verify;

/// <summary>What a verification finds out of packs stays in the repository, and decides what the next one reads.</summary>
public sealed class RememberedVerificationTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow.AddDays(1));
    private RepositoryBench _bench = null!;
    private BackupManager _manager = null!;
    private BackupResult _backup = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 9_000);
        for (int i = 0; i < 3; i++)
        {
            index.AddSegment(10);
            index.WriteMeta();
            _backup = await _bench.BackUpAsync(index.Directory);
        }

        var repository = await BackupRepository.OpenAsync(_bench.Store, _clock, Token);
        _manager = new BackupManager(repository, new BackupManagerOptions { TimeProvider = _clock });
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Packs_read_whole_are_remembered_with_the_time()
    {
        Assert.Empty((await FoldAsync()).VerifiedAt);
        var report = await VerifyAsync();
        Assert.Empty(report.Problems);
        Assert.Empty(report.Warnings);
        Assert.Equal(report.Packs, report.PacksRead);
        var state = await FoldAsync();
        Assert.Equal(_bench.Memory.NamesOf("packs/"), state.VerifiedAt.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(state.KnownBad);
    }

    [Theory]
    [InlineData(VerifyLevel.Objects)]
    [InlineData(VerifyLevel.Structure)]
    public async Task A_look_that_reads_no_pack_whole_and_finds_nothing_writes_nothing(VerifyLevel level)
    {
        var before = _bench.Memory.Objects.Keys.Order(StringComparer.Ordinal).ToArray();
        Assert.Empty((await VerifyAsync(new VerifyOptions { Level = level })).Problems);
        Assert.Equal(before, _bench.Memory.Objects.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_pack_is_read_once()
    {
        var report = await VerifyAsync();
        long stored = _bench.Memory.NamesOf("packs/").Concat(_bench.Memory.NamesOf("backups/")).Sum(name => (long)_bench.Memory.Objects[name].Length);
        Assert.InRange(report.BytesRead, stored, stored + (stored / 4));
    }

    [Fact]
    public async Task A_sample_reads_the_packs_least_recently_verified_until_all_were_read()
    {
        int packs = _bench.Memory.NamesOf("packs/").Count;
        var options = new VerifyOptions { Level = VerifyLevel.Data, Sample = 0.1 };
        int runs = 0;
        while ((await FoldAsync()).VerifiedAt.Count < packs)
        {
            _clock.Advance(TimeSpan.FromHours(1));
            int before = (await FoldAsync()).VerifiedAt.Count;
            var report = await VerifyAsync(options);
            Assert.True(report.PacksRead >= 1);

            // A pack whose files began in one that was verified already brings that one with it.
            Assert.InRange((await FoldAsync()).VerifiedAt.Count, before + 1, before + report.PacksRead);
            Assert.True(++runs <= packs);
        }

        Assert.True(runs > 1);
        var oldest = (await FoldAsync()).VerifiedAt.Values.Min();
        var first = (await FoldAsync()).VerifiedAt.Where(entry => entry.Value == oldest).Select(entry => entry.Key).ToList();
        _clock.Advance(TimeSpan.FromHours(1));
        await VerifyAsync(options);
        Assert.Contains(first, name => _bench.Log.FoldAsync(Token).Result.VerifiedAt[name] > oldest);
    }

    [Fact]
    public async Task Packs_verified_within_the_maximum_age_are_not_read_again()
    {
        var options = new VerifyOptions { Level = VerifyLevel.Data, MaxAge = TimeSpan.FromDays(30) };
        int packs = (await VerifyAsync(options)).PacksRead;
        Assert.True(packs > 1);
        _clock.Advance(TimeSpan.FromDays(29));
        Assert.Equal(0, (await VerifyAsync(options)).PacksRead);
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(packs, (await VerifyAsync(options)).PacksRead);
    }

    [Fact]
    public async Task Which_bytes_to_read_goes_with_reading_them()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => VerifyAsync(new VerifyOptions { Sample = 0.5 }));
        await Assert.ThrowsAsync<ArgumentException>(() => VerifyAsync(new VerifyOptions { Level = VerifyLevel.Objects, MaxAge = TimeSpan.FromDays(1) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VerifyOptions { Sample = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new VerifyOptions { Sample = 1.1 });
    }

    [Fact]
    public async Task A_bad_pack_is_remembered_and_named_by_quick_looks_until_it_is_read_and_good()
    {
        string pack = _bench.Memory.NamesOf("packs/")[0];
        byte[] whole = _bench.Memory.Objects[pack];
        _bench.Memory.Objects[pack] = Flip(whole, 100);
        Assert.Contains((await VerifyAsync()).Problems, problem => problem.Object == pack);
        Assert.Equal([pack], (await FoldAsync()).KnownBad);
        long entries = (await FoldAsync()).NextNumber;

        // A second look finds nothing new to say of it.
        Assert.Contains((await VerifyAsync(new VerifyOptions())).Problems, problem => problem.Object == pack && problem.Files.Length > 0 && problem.Indexes.SequenceEqual(["index"]));
        Assert.Equal(entries, (await FoldAsync()).NextNumber);

        _bench.Memory.Objects[pack] = whole;
        Assert.Empty((await VerifyAsync()).Problems);
        Assert.Empty((await FoldAsync()).KnownBad);
        Assert.Empty((await VerifyAsync(new VerifyOptions())).Problems);
    }

    [Fact]
    public async Task A_store_that_fails_to_read_does_not_make_a_pack_bad()
    {
        string pack = _bench.Memory.NamesOf("packs/")[0];
        _bench.Store.OnCall = call => call.Name == pack && call.Verb == StoreVerb.ReadRange ? Fault.FailBefore : Fault.None;
        Assert.Contains((await VerifyAsync()).Problems, problem => problem.Object == pack);
        var state = await FoldAsync();
        Assert.Empty(state.KnownBad);
        Assert.False(state.VerifiedAt.ContainsKey(pack));
    }

    [Theory]
    [InlineData(VerifyLevel.Objects)]
    [InlineData(VerifyLevel.Structure)]
    [InlineData(VerifyLevel.Data)]
    public async Task A_missing_pack_is_bad_whatever_the_level(VerifyLevel level)
    {
        _bench.DamagedBecause = "a pack is taken away";
        string pack = _bench.Memory.NamesOf("packs/")[0];
        _bench.Memory.Objects.TryRemove(pack, out _);
        var problem = Assert.Single((await VerifyAsync(new VerifyOptions { Level = level })).Problems);
        Assert.Equal(pack, problem.Object);
        Assert.Contains("missing", problem.Problem, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Files);
        Assert.Equal(["index"], problem.Indexes);
        Assert.Equal([pack], (await FoldAsync()).KnownBad);
    }

    [Fact]
    public async Task Only_files_that_have_bytes_in_a_damaged_chunk_are_harmed()
    {
        _bench.DamagedBecause = "a chunk is damaged";
        var manifest = await _bench.ReadManifestAsync(_backup);
        var file = manifest.Files.First(candidate => candidate.WriteOnce);
        string pack = PackFormat.NameOf(manifest.Packs[file.Runs[0].Pack].Id);
        var reader = await PackReader.OpenAsync(_bench.Memory, _bench.Repository.Objects.Id, manifest.Packs[file.Runs[0].Pack], Token);
        _bench.Memory.Objects[pack] = Flip(_bench.Memory.Objects[pack], (int)reader.Chunks[file.Runs[0].FirstChunk].Offset + 50);
        var problem = Assert.Single((await VerifyAsync()).Problems);
        Assert.Equal(pack, problem.Object);
        Assert.All(problem.Files, harmed => Assert.EndsWith($":{file.Path}", harmed, StringComparison.Ordinal));
        Assert.Contains($"{_backup.Backup.Id}:{file.Path}", problem.Files);
    }

    [Fact]
    public async Task A_repository_that_cannot_be_written_to_is_verified_and_the_report_says_that_nothing_was_recorded()
    {
        _bench.Store.OnCall = call => call.Verb is StoreVerb.Complete or StoreVerb.Write or StoreVerb.Create ? Fault.FailBefore : Fault.None;
        var report = await _bench.VerifyAsync();
        Assert.Empty(report.Problems);
        Assert.True(report.PacksRead > 0);
        Assert.Equal(ErrorCode.NotRecorded, Assert.Single(report.Warnings).Code);
    }

    [Fact]
    public async Task A_store_that_spoils_the_record_of_a_verification_has_damaged_the_log_and_the_report_says_so()
    {
        _bench.DamagedBecause = "an entry is cut short";
        _bench.Store.OnCall = call => call.IsCommit ? Fault.Shorten : Fault.None;
        var report = await _bench.VerifyAsync();
        Assert.Empty(report.Warnings);
        Assert.True(report.PacksRead > 0);
        var problem = Assert.Single(report.Problems);
        Assert.Equal(_bench.Memory.NamesOf("log/")[^1], problem.Object);
        Assert.Empty(problem.Backups);
        _bench.Store.OnCall = _ => Fault.None;

        // From then on it is damage that was there before, and the next verification names the same entry, once.
        report = await _bench.VerifyAsync();
        Assert.Equal(problem.Object, Assert.Single(report.Problems).Object);
        Assert.Equal(ErrorCode.NotRecorded, Assert.Single(report.Warnings).Code);
        Assert.Equal(RepairOutcome.Repaired, (await _bench.Repository.RepairAsync(cancellationToken: Token)).Outcome);
        Assert.Empty((await _bench.VerifyAsync()).Problems);
    }

    [Fact]
    public async Task A_backup_that_is_removed_meanwhile_does_not_make_damage()
    {
        string pack = PackFormat.NameOf((await _bench.ReadManifestAsync(_backup)).Packs[^1].Id);
        bool removed = false;
        _bench.Store.OnCall = call =>
        {
            if (!removed && call.Verb == StoreVerb.ReadRange && call.Name.StartsWith("packs/", StringComparison.Ordinal))
            {
                removed = true;
                RemoveAll(pack);
            }

            return Fault.None;
        };
        var report = await VerifyAsync();
        Assert.True(removed);
        Assert.Empty(report.Problems);
        Assert.Empty((await FoldAsync()).KnownBad);
    }

    private void RemoveAll(string pack)
    {
        var other = _bench.OpenAnotherAsync().Result;
        var backups = other.ListAsync().Result.Select(backup => backup.Id.ToString()).ToArray();
        other.AppendAsync(LogKind.Remove, backups).Wait();
        other.AppendAsync(LogKind.Erase, pack).Wait();
        _bench.Memory.Objects.TryRemove(pack, out _);
    }

    private Task<VerifyReport> VerifyAsync(VerifyOptions? options = null) =>
        _manager.VerifyBackupsAsync(options ?? new VerifyOptions { Level = VerifyLevel.Data }, cancellationToken: Token);

    private Task<LogState> FoldAsync() => _bench.Log.FoldAsync(Token);

    private static byte[] Flip(byte[] whole, int position)
    {
        byte[] flipped = [.. whole];
        flipped[position] ^= 1;
        return flipped;
    }
}
