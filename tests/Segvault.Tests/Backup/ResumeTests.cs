using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Backup;

/// <summary>What an interrupted backup stored is not stored again, and nothing else of it is believed.</summary>
public sealed class ResumeTests : IAsyncLifetime
{
    private const int Megabyte = 1024 * 1024;

    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private TantivyFiles _index = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();

        // Each segment has a pack of its own: 6 files of 1.5 MB.
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 3, bytesPerFile: Megabyte * 3 / 2);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task An_interrupted_first_backup_goes_on_where_it_stopped()
    {
        long stored = await InterruptAsync(packs: 2);
        var backup = await _bench.BackUpAsync(_index.Directory);
        Assert.InRange(backup.BytesResumed, stored - 4096, stored);
        Assert.InRange(backup.BytesStored, 1, backup.Backup.Bytes - backup.BytesResumed + 8192);
        Assert.InRange(backup.BytesRead, backup.Backup.Bytes, backup.Backup.Bytes + 8192);
        Assert.InRange(backup.BytesNew, 1, backup.Backup.Bytes - backup.BytesResumed + 8192);
        Assert.Empty(await _bench.FindUnreferencedPacksAsync());
        await AssertSoundAsync(_index, backup);
    }

    [Fact]
    public async Task An_interrupted_incremental_backup_goes_on_where_it_stopped()
    {
        await _bench.BackUpAsync(_index.Directory);
        _index.AddSegment(10);
        _index.AddSegment(10);
        _index.WriteMeta();
        long stored = await InterruptAsync(packs: 1);
        var backup = await _bench.BackUpAsync(_index.Directory);
        Assert.InRange(backup.BytesResumed, stored - 4096, stored);
        await AssertSoundAsync(_index, backup);
    }

    [Fact]
    public async Task The_index_may_have_changed_meanwhile()
    {
        await InterruptAsync(packs: 2);
        _index.RemoveSegment(_index.Segments[0]);
        _index.AddSegment(10);
        _index.WriteMeta();
        var backup = await _bench.BackUpAsync(_index.Directory);
        Assert.InRange(backup.BytesResumed, Megabyte, 12 * Megabyte);
        await AssertSoundAsync(_index, backup);
    }

    [Fact]
    public async Task A_full_backup_takes_nothing_over()
    {
        await InterruptAsync(packs: 2);
        var before = _bench.Memory.NamesOf("packs/");
        var backup = await _bench.BackUpAsync(_index.Directory, new BackupOptions { Type = BackupType.Full });
        Assert.Equal(0, backup.BytesResumed);
        Assert.DoesNotContain((await _bench.ReadManifestAsync(backup)).Packs, pack => before.Contains(PackFormat.NameOf(pack.Id)));
        await AssertSoundAsync(_index, backup);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(-20)]
    [InlineData(-10)]
    [InlineData(-100)]
    public async Task A_pack_with_a_flipped_byte_is_not_taken_over(int at)
    {
        await InterruptAsync(packs: 1);
        string name = Assert.Single(_bench.Memory.NamesOf("packs/"));
        byte[] pack = _bench.Memory.Objects[name];
        pack[at < 0 ? pack.Length + at : at] ^= 1;
        var backup = await _bench.BackUpAsync(_index.Directory);
        Assert.Equal(0, backup.BytesResumed);
        Assert.Contains(name, await _bench.FindUnreferencedPacksAsync());
        await AssertSoundAsync(_index, backup);
    }

    [Fact]
    public async Task Bytes_that_only_have_the_same_checksum_are_not_taken_over()
    {
        var (one, other) = ChecksumCollision.Make(Megabyte);
        Assert.Equal(Segvault.Chunks.ChunkCodec.Checksum(one), Segvault.Chunks.ChunkCodec.Checksum(other));
        WriteStores(one);
        await InterruptAsync(packs: 2);
        WriteStores(other);
        var backup = await _bench.BackUpAsync(_index.Directory);
        Assert.InRange(backup.BytesResumed, Megabyte, long.MaxValue);
        await AssertSoundAsync(_index, backup);
    }

    [Fact]
    public async Task A_pack_whose_table_lies_is_not_taken_over()
    {
        await InterruptAsync(packs: 1);
        string name = Assert.Single(_bench.Memory.NamesOf("packs/"));

        // Sound as stored, and its chunks are not what its table promises.
        var id = ObjectId.Parse(name["packs/".Length..]);
        var honest = await PackReader.OpenUnreferencedAsync(_bench.Memory, _bench.Repository.Objects.Id, id, _bench.Memory.Objects[name].Length, Token);
        var writer = await PackWriter.CreateAsync(_bench.Memory, _bench.Repository.Objects.Id, Token);
        foreach (var chunk in honest.Chunks)
            await writer.AppendAsync(Segvault.Chunks.ChunkEncoding.Raw, new byte[chunk.PlainLength], chunk.PlainLength, chunk.Checksum, Token);
        await writer.CompleteAsync(Token);
        _bench.Memory.Objects.TryRemove(name, out _);
        var backup = await _bench.BackUpAsync(_index.Directory);
        Assert.Equal(0, backup.BytesResumed);
        await AssertSoundAsync(_index, backup);
    }

    [Theory]
    [InlineData(LogKind.Condemn)]
    [InlineData(LogKind.Erase)]
    [InlineData(LogKind.Verified)]
    public async Task A_pack_that_the_log_speaks_against_is_not_taken_over(string kind)
    {
        await InterruptAsync(packs: 1);
        await _bench.AppendAsync(kind, [.. _bench.Memory.NamesOf("packs/")]);
        var backup = await _bench.BackUpAsync(_index.Directory);
        Assert.Equal(0, backup.BytesResumed);
        await AssertSoundAsync(_index, backup);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pack_collected_between_the_decision_and_the_commit_is_stored_again(bool atTheCommit)
    {
        await InterruptAsync(packs: 2);
        string[] packs = [.. _bench.Memory.NamesOf("packs/")];
        await using var other = await _bench.OpenAnotherAsync();
        bool struck = false;
        _bench.Store.BeforeCall = async call =>
        {
            if (struck || (atTheCommit ? !call.IsCommit : call.Verb != StoreVerb.Adopt))
                return;
            struck = true;
            await other.AppendAsync(LogKind.Condemn, packs[0]);
            await other.AppendAsync(LogKind.Erase, packs[0]);
            _bench.Memory.Objects.TryRemove(packs[0], out _);
        };
        var backup = await _bench.BackUpAsync(_index.Directory);
        Assert.True(struck);
        var used = (await _bench.ReadManifestAsync(backup)).Packs.Select(pack => PackFormat.NameOf(pack.Id)).ToList();
        Assert.DoesNotContain(packs[0], used);
        Assert.Contains(packs[1], used);
        await AssertSoundAsync(_index, backup);
    }

    [Fact]
    public async Task A_pack_is_made_durable_before_a_backup_that_took_it_over_is_recorded()
    {
        await InterruptAsync(packs: 2);
        string[] packs = [.. _bench.Memory.NamesOf("packs/")];
        _bench.Store.Forget();
        await _bench.BackUpAsync(_index.Directory);
        var calls = _bench.Store.Calls.ToList();
        int barrier = calls.FindLastIndex(calls.FindLastIndex(call => call.IsCommit), call => call.Verb == StoreVerb.Barrier);
        Assert.All(packs, pack => Assert.InRange(calls.FindIndex(call => call.Verb == StoreVerb.Adopt && call.Name == pack), 0, barrier));
    }

    [Fact]
    public async Task Packs_that_lay_about_for_long_are_held_before_they_are_taken_over()
    {
        await InterruptAsync(packs: 2);
        string[] left = [.. _bench.Memory.NamesOf("packs/")];
        _bench.Clock.Ahead += TimeSpan.FromDays(30);
        await using var other = await _bench.OpenAnotherAsync();
        bool collected = false;
        _bench.Store.BeforeCall = async call =>
        {
            if (collected || call.Verb != StoreVerb.Create || !call.Name.StartsWith("packs/", StringComparison.Ordinal))
                return;
            collected = true;
            await other.CollectAsync(TimeSpan.FromDays(1));
        };
        var backup = await _bench.BackUpAsync(_index.Directory);
        Assert.True(collected);
        Assert.Equal(left.Order(), (await _bench.ReadManifestAsync(backup)).Packs.Select(pack => PackFormat.NameOf(pack.Id)).Intersect(left).Order());
        Assert.Empty((await _bench.Log.FoldAsync(Token)).Erased);
        await AssertSoundAsync(_index, backup);
    }

    [Fact]
    public async Task Packs_of_a_backup_that_is_still_running_are_shared_and_both_restore()
    {
        var twin = TantivyFiles.Create(_directory.Combine("twin"), segments: 3, bytesPerFile: Megabyte * 3 / 2);
        await using var other = await _bench.OpenAnotherAsync();
        BackupResult? second = null;
        int packs = 0;
        _bench.Store.BeforeCall = async call =>
        {
            if (call.Verb == StoreVerb.Create && call.Name.StartsWith("packs/", StringComparison.Ordinal) && ++packs == 3)
                second = await other.BackUpAsync(twin.Directory, new BackupOptions { Name = "twin" });
        };
        var first = await _bench.BackUpAsync(_index.Directory);
        Assert.InRange(second!.BytesResumed, Megabyte, long.MaxValue);
        var shared = (await _bench.ReadManifestAsync(first)).Packs.Intersect((await _bench.ReadManifestAsync(second)).Packs);
        Assert.NotEmpty(shared);
        await AssertSoundAsync(_index, first);
        await AssertSoundAsync(twin, second);
    }

    [Fact]
    public async Task Nothing_more_is_read_when_nothing_was_interrupted()
    {
        await _bench.BackUpAsync(_index.Directory);
        _index.AddSegment(10);
        _index.WriteMeta();
        string[] old = [.. _bench.Memory.NamesOf("packs/")];
        _bench.Store.Forget();
        await _bench.BackUpAsync(_index.Directory);
        Assert.DoesNotContain(_bench.Store.Calls, call => call.Verb == StoreVerb.ReadRange && old.Contains(call.Name));

        // The newest manifest, which tells the state and the files.
        Assert.Single(_bench.Store.Calls, call => call.Verb == StoreVerb.Read && call.Name.StartsWith("backups/", StringComparison.Ordinal));
    }

    /// <summary>Starts a backup and lets the store fail once a number of packs is there; returns the bytes of those.</summary>
    private async Task<long> InterruptAsync(int packs)
    {
        var before = _bench.Memory.NamesOf("packs/");
        int created = 0;
        _bench.Store.OnCall = call =>
            call.Verb == StoreVerb.Create && call.Name.StartsWith("packs/", StringComparison.Ordinal) && ++created > packs ? Fault.FailBefore : Fault.None;
        await Assert.ThrowsAsync<IOException>(() => _bench.BackUpAsync(_index.Directory));
        _bench.Store.OnCall = _ => Fault.None;
        var left = _bench.Memory.NamesOf("packs/").Except(before).ToList();
        Assert.Equal(packs, left.Count);
        return left.Sum(name => (long)_bench.Memory.Objects[name].Length);
    }

    private void WriteStores(byte[] content)
    {
        foreach (var segment in _index.Segments)
            File.WriteAllBytes(_index.PathOf(segment.Id + ".store"), _index.AddFooter(content));
    }

    private async Task AssertSoundAsync(TantivyFiles index, BackupResult backup)
    {
        await using var reader = await _bench.OpenAnotherAsync();
        Assert.Empty((await reader.VerifyAsync()).Problems);
        string target = _directory.Combine($"restored-{backup.Backup.Id}");
        await reader.Manager.RestoreBackupAsync(backup.Backup.Id, target, cancellationToken: Token);
        Assert.Equal(DirectoryContent.Of(index), DirectoryContent.Of(target));
    }
}
