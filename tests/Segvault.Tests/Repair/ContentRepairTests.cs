using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repair;

/// <summary>Packs and manifests that are damaged or missing, and everything they can be repaired from.</summary>
public sealed class ContentRepairTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private RepositoryBench _copy = null!;
    private TantivyFiles _index = null!;
    private BackupResult _first = null!;
    private BackupResult _second = null!;
    private DirectoryContent _firstContent = null!;
    private DirectoryContent _secondContent = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 2, bytesPerFile: 2000);
        var options = new BackupOptions { Name = "mine", Note = "the first", Labels = BackupOptionsLabels("keep", "1") };
        _first = await _bench.BackUpAsync(_index.Directory, options);
        _firstContent = DirectoryContent.Of(_index);
        _index.AddSegment(10);
        _index.AddDelete(_index.Segments[0], 3);
        _index.WriteMeta();
        _second = await _bench.BackUpAsync(_index.Directory, new BackupOptions { Name = "mine" });
        _secondContent = DirectoryContent.Of(_index);
        _copy = await RepositoryBench.OpenAsync(_bench.Memory.Copy());
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _copy.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Nothing_is_done_when_nothing_is_wrong()
    {
        var before = _bench.Memory.Objects.Keys.Order(StringComparer.Ordinal).ToList();
        var report = await RepairAsync();
        Assert.Equal(RepairOutcome.Sound, report.Outcome);
        Assert.Equal(2, report.Backups);
        Assert.Equal(before, _bench.Memory.Objects.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_entry_read_wrong_once_never_makes_a_damaged_repository_pass_for_sound_or_repaired()
    {
        Harm((await _bench.ReadManifestAsync(_first)).PackOf(_index.Segments[0].Id + ".store"), "flip");
        _bench.DamagedBecause = "it is repaired in copies only";
        for (int read = 0, reads = 1; read < reads; read++)
        {
            await using var bench = await RepositoryBench.OpenAsync(_bench.Memory.Copy());
            int met = 0;
            bench.Store.OnCall = call => call is { Verb: StoreVerb.Read, IsLog: true } && met++ == read ? Fault.FlipRead : Fault.None;
            RepairReport report;
            try
            {
                report = await bench.Repository.RepairAsync(new RepairOptions { Indexes = [_index.Directory] }, cancellationToken: Token);
            }
            catch (SegvaultException)
            {
                continue;
            }
            finally
            {
                reads = Math.Max(reads, met);
            }

            await using var fresh = await RepositoryBench.OpenAsync(bench.Memory.Copy());
            bool isSound = (await fresh.VerifyAsync()).Problems.IsEmpty;
            Assert.True(isSound || report.Outcome == RepairOutcome.Incomplete, $"With read {read} of the log wrong the repair ended as {report.Outcome}, and the repository is damaged.");
        }
    }

    [Fact]
    public async Task A_bad_pack_is_named_by_the_status_while_a_backup_needs_it()
    {
        string pack = PackFormat.NameOf((await _bench.ReadManifestAsync(_first)).Packs[0].Id);
        _bench.Memory.Objects[pack][200] ^= 1;
        Assert.NotEmpty((await _bench.VerifyAsync()).Problems);
        var status = await _bench.Repository.GetStatusAsync(cancellationToken: Token);
        Assert.Equal([pack], status.BadPacks);
        Assert.Contains(status.Problems, problem => problem.Contains(_first.Backup.Id.ToShortString(), StringComparison.Ordinal));
        await RepairAsync(new RepairOptions { Indexes = [_index.Directory] });
        Assert.Empty((await _bench.Repository.GetStatusAsync(cancellationToken: Token)).BadPacks);
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("cut")]
    [InlineData("delete")]
    public async Task Damaged_packs_are_repaired_from_the_live_index(string harm)
    {
        // What both backups share, and what the index still has.
        Harm((await _bench.ReadManifestAsync(_first)).PackOf(_index.Segments[0].Id + ".store"), harm);
        var options = new RepairOptions { Indexes = [_index.Directory] };
        var plan = await _bench.Repository.PlanRepairAsync(options, cancellationToken: Token);
        var report = await RepairAsync(options);
        Assert.Equal(RepairOutcome.Repaired, plan.Outcome);
        Assert.Equal(RepairOutcome.Repaired, report.Outcome);
        Assert.Equal(plan.Problems, report.Problems, (one, other) => one.Object == other.Object && one.Repaired == other.Repaired);
        Assert.Equal(2, report.BackupsRepaired.Length);
        await AssertRepairedAsync();
    }

    [Fact]
    public async Task A_large_file_in_several_packs_is_repaired_when_only_one_of_them_is_damaged()
    {
        string large = _index.AddSegment(10).Id + ".store";
        byte[] content = new byte[70_000_000];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(_index.PathOf(large), _index.AddFooter(content));
        _index.WriteMeta();
        var backup = await _bench.BackUpAsync(_index.Directory, new BackupOptions { Name = "mine" });
        var expected = DirectoryContent.Of(_index);
        var runs = (await _bench.ReadManifestAsync(backup)).Files.Single(file => file.Path == large).Runs;
        Assert.InRange(runs.Length, 2, 10);
        var packs = (await _bench.ReadManifestAsync(backup)).Packs;
        Harm(PackFormat.NameOf(packs[runs[^1].Pack].Id), "delete");
        long before = _bench.Memory.NamesOf("packs/").Sum(name => (long)_bench.Memory.Objects[name].Length);
        var report = await RepairAsync(new RepairOptions { Indexes = [_index.Directory] });
        Assert.Equal(RepairOutcome.Repaired, report.Outcome);
        TestContext.Current.SendDiagnosticMessage($"{report.BytesStored:N0} of {before:N0} bytes were stored again");
        Assert.Equal(expected, await RestoreAsync(backup.Backup.Id));
        await AssertRepairedAsync();
    }

    [Fact]
    public async Task A_repaired_backup_keeps_what_is_known_of_it_and_its_old_id()
    {
        Harm((await _bench.ReadManifestAsync(_first)).PackOf(_index.Segments[0].Id + ".store"), "delete");
        var repaired = await RepairAsync(new RepairOptions { Indexes = [_index.Directory] });
        var old = _first.Backup;
        var now = repaired.BackupsRepaired[0].Backup;
        Assert.NotEqual(old.Id, now.Id);
        Assert.Equal([old.Id], now.FormerIds);
        Assert.Equal(old with { Id = now.Id, FormerIds = now.FormerIds, Labels = now.Labels, Flags = now.Flags, Needs = now.Needs, Missing = now.Missing }, now);
        Assert.Equal("1", now.Labels["keep"]);
        await using var fresh = await _bench.OpenAnotherAsync();
        Assert.Equal(now.Id, (await fresh.Manager.FindBackupAsync(old.Id.ToString(), cancellationToken: Token)).Id);
        Assert.Equal(now.Id, (await fresh.Manager.FindBackupAsync(old.Id.ToShortString(), cancellationToken: Token)).Id);
        Assert.Equal(now.Id, (await fresh.Manager.GetManifestAsync(old.Id, Token)).Id);
        Assert.Equal(repaired.BackupsRepaired.Select(backup => backup.Backup.Id), (await fresh.ListAsync()).Select(backup => backup.Id));

        // Once more, and its first id still leads to it.
        Harm((await fresh.Manager.GetManifestAsync(now.Id, Token)).PackOf(_index.Segments[0].Id + ".store"), "flip");
        var again = await RepairAsync(new RepairOptions { Indexes = [_index.Directory] });
        Assert.Equal([old.Id, now.Id], again.BackupsRepaired[0].Backup.FormerIds);
        Assert.Equal(again.BackupsRepaired[0].Backup.Id, (await fresh.Manager.FindBackupAsync(old.Id.ToString(), cancellationToken: Token)).Id);
    }

    [Fact]
    public async Task Good_copies_elsewhere_in_the_repository_are_referred_to()
    {
        var full = await _bench.BackUpAsync(_index.Directory, new BackupOptions { Name = "mine", Type = BackupType.Full });
        var manifest = await _bench.ReadManifestAsync(_second);
        await _bench.FlipAsync(manifest, _index.Segments[2].Id + ".fast");
        var report = await RepairAsync();
        Assert.Equal(RepairOutcome.Repaired, report.Outcome);
        Assert.Contains(full.Backup.Id.ToShortString(), Assert.Single(Assert.Single(report.BackupsRepaired).Sources.Distinct()), StringComparison.Ordinal);
        Assert.Equal(0, report.BytesStored);
        await AssertRepairedAsync();
    }

    [Fact]
    public async Task What_can_still_be_read_of_a_damaged_pack_is_saved_and_the_rest_is_named()
    {
        var manifest = await _bench.ReadManifestAsync(_first);
        string lost = _index.Segments[0].Id + ".fast";
        await _bench.FlipAsync(manifest, lost);
        var report = await RepairAsync();
        Assert.Equal(RepairOutcome.Incomplete, report.Outcome);
        Assert.Empty(report.BackupsRepaired);
        Assert.All(report.Unrepaired, problem => Assert.Equal(manifest.PackOf(lost), problem.Object));
        Assert.Equal([_first.Backup.Id, _second.Backup.Id], report.Unrepaired.Select(problem => problem.Backup!.Id));
        Assert.All(report.Unrepaired, problem => Assert.Contains(lost, problem.Files));

        // The next incremental does not rely on it, and later repairs find what that stored.
        Assert.Contains(manifest.PackOf(lost), (await _bench.Log.FoldAsync(Token)).KnownBad);
        await _bench.BackUpAsync(_index.Directory, new BackupOptions { Name = "mine" });
        Assert.Equal(RepairOutcome.Repaired, (await RepairAsync()).Outcome);
        await AssertRepairedAsync();
    }

    [Fact]
    public async Task A_backup_that_is_lost_does_not_keep_another_from_being_repaired()
    {
        _bench.DamagedBecause = "what is broken stays in the store";
        // The second segment leaves the index, and with it the only other copy.
        _index.RemoveSegment(_index.Segments[1]);
        _index.WriteMeta();
        _index.CollectGarbage();
        var third = await _bench.BackUpAsync(_index.Directory, new BackupOptions { Name = "mine" });
        var content = DirectoryContent.Of(_index);
        Harm((await _bench.ReadManifestAsync(_first)).PackOf(_index.Segments[0].Id + ".store"), "delete");
        var report = await RepairAsync(new RepairOptions { Indexes = [_index.Directory] });
        Assert.Equal(RepairOutcome.Incomplete, report.Outcome);
        Assert.Equal(third.Backup.Id, Assert.Single(Assert.Single(report.BackupsRepaired).Backup.FormerIds));
        Assert.Equal([_first.Backup.Id, _second.Backup.Id], report.Unrepaired.Select(problem => problem.Backup!.Id));
        Assert.Equal(content, await RestoreAsync(third.Backup.Id));
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("delete")]
    public async Task Another_repository_that_has_the_same_content_is_enough(string harm)
    {
        await using var other = await RepositoryBench.CreateAsync();
        await other.BackUpAsync(_index.Directory);
        Harm((await _bench.ReadManifestAsync(_first)).PackOf(_index.Segments[0].Id + ".store"), harm);
        var report = await RepairAsync(new RepairOptions { Repository = other.Repository });
        Assert.Equal(RepairOutcome.Repaired, report.Outcome);
        Assert.Empty(report.ObjectsPutBack);
        await AssertRepairedAsync();
    }

    [Fact]
    public async Task Missing_objects_are_put_back_from_a_copy_byte_for_byte()
    {
        var expected = _bench.Memory.Copy();
        foreach (string name in new[] { "packs/", "backups/" }.SelectMany(_bench.Memory.NamesOf).ToList())
            _bench.Memory.Objects.TryRemove(name, out _);
        var options = new RepairOptions { Repository = _copy.Repository };
        Assert.Equal(RepairOutcome.Repaired, (await _bench.Repository.PlanRepairAsync(options, cancellationToken: Token)).Outcome);
        Assert.Empty(_bench.Memory.NamesOf("packs/"));
        var report = await RepairAsync(options);
        Assert.Equal(RepairOutcome.Repaired, report.Outcome);
        Assert.Empty(report.BackupsRepaired);
        Assert.All(expected.Objects, entry => Assert.Equal(entry.Value, _bench.Memory.Objects[entry.Key]));
        await AssertRepairedAsync();
    }

    [Fact]
    public async Task A_damaged_manifest_is_replaced_by_a_copy_of_it()
    {
        _bench.DamagedBecause = "what is broken stays in the store";
        Harm(ManifestStore.NameOf(_first.Backup.Id), "flip");
        var report = await RepairAsync(new RepairOptions { Repository = _copy.Repository });
        Assert.Equal(RepairOutcome.Repaired, report.Outcome);
        Assert.Equal(0, report.BytesStored);
        await AssertRepairedAsync();
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("delete")]
    public async Task A_lost_manifest_that_cannot_be_had_is_named_with_what_the_log_knows(string harm)
    {
        _bench.DamagedBecause = "what is broken stays in the store";
        Harm(ManifestStore.NameOf(_first.Backup.Id), harm);
        var report = await RepairAsync();
        var problem = Assert.Single(report.Unrepaired);
        Assert.Equal(ManifestStore.NameOf(_first.Backup.Id), problem.Object);
        Assert.Equal("mine", problem.Backup!.Name);
        Assert.Equal("the first", problem.Backup.Note);
        Assert.Equal(_secondContent, await RestoreAsync(_second.Backup.Id));
        await _bench.BackUpAsync(_index.Directory, new BackupOptions { Name = "mine" });
    }

    [Fact]
    public async Task An_erased_pack_that_a_backup_needs_is_repaired_under_another_name()
    {
        string pack = (await _bench.ReadManifestAsync(_first)).PackOf(_index.Segments[0].Id + ".store");
        await _bench.AppendAsync(LogKind.Erase, pack);
        Assert.Equal(RepairOutcome.Repaired, (await RepairAsync()).Outcome);
        _bench.Memory.Objects.TryRemove(pack, out _);
        await AssertRepairedAsync();
    }

    [Fact]
    public async Task A_pack_that_was_called_bad_and_is_good_is_good_again()
    {
        await _bench.AppendAsync(LogKind.Verified, [.. _bench.Memory.NamesOf("packs/")]);
        Assert.Equal(RepairOutcome.Sound, (await RepairAsync()).Outcome);
        Assert.Empty((await _bench.Log.FoldAsync(Token)).KnownBad);
    }

    [Fact]
    public async Task A_pack_that_cannot_be_read_just_now_is_not_called_bad()
    {
        string pack = (await _bench.ReadManifestAsync(_first)).PackOf(_index.Segments[0].Id + ".store");
        _bench.Store.OnCall = call => call.Verb == StoreVerb.ReadRange && call.Name == pack ? Fault.FailBefore : Fault.None;
        Assert.Equal(RepairOutcome.Incomplete, (await RepairAsync()).Outcome);
        _bench.Store.OnCall = _ => Fault.None;
        Assert.Empty((await _bench.Log.FoldAsync(Token)).KnownBad);
        Assert.Equal(RepairOutcome.Sound, (await RepairAsync()).Outcome);
    }

    [Theory]
    [InlineData("damaged")]
    [InlineData("wrong")]
    public async Task Checkpoints_that_must_not_be_used_are_deleted_and_cost_nothing(string how)
    {
        while ((await _bench.Log.FoldAsync(Token)).NextNumber < CheckpointStore.Interval)
            await _bench.AppendAsync(LogKind.Nop);
        string checkpoint = Assert.Single(_bench.Memory.NamesOf("checkpoints/"));
        if (how == "damaged")
            Harm(checkpoint, "flip");
        else
            checkpoint = await PutWrongCheckpointAsync(checkpoint);
        await using var fresh = await _bench.OpenAnotherAsync();
        Assert.Equal(2, (await fresh.ListAsync()).Count);
        var report = await fresh.Repository.RepairAsync(cancellationToken: Token);
        Assert.Equal(RepairOutcome.Repaired, report.Outcome);
        Assert.Equal(checkpoint, Assert.Single(report.Problems).Object);
        Assert.Empty(_bench.Memory.NamesOf("checkpoints/"));
        Assert.Equal(2, (await fresh.ListAsync()).Count);
    }

    [Fact]
    public async Task A_backup_removed_while_it_is_repaired_stays_removed()
    {
        Harm((await _bench.ReadManifestAsync(_first)).PackOf(_index.Segments[0].Id + ".store"), "delete");
        await using var other = await _bench.OpenAnotherAsync();
        bool struck = false;
        _bench.Store.BeforeCall = async call =>
        {
            if (struck || call.Verb != StoreVerb.Create || !call.Name.StartsWith("packs/", StringComparison.Ordinal))
                return;
            struck = true;
            await other.AppendAsync(LogKind.Remove, _first.Backup.Id.ToString());
        };
        var report = await RepairAsync(new RepairOptions { Indexes = [_index.Directory] });
        Assert.True(struck);
        Assert.Equal(_second.Backup.Id, Assert.Single(Assert.Single(report.BackupsRepaired).Backup.FormerIds));
        Assert.Single(await other.ListAsync());
        Assert.Equal(_secondContent, await RestoreAsync(_second.Backup.Id));
    }

    [Fact]
    public async Task A_repair_that_fails_at_any_call_is_finished_by_the_next()
    {
        _bench.DamagedBecause = "it is repaired in copies only";
        string pack = (await _bench.ReadManifestAsync(_first)).PackOf(_index.Segments[0].Id + ".store");
        Harm(pack, "flip");
        var options = new RepairOptions { Indexes = [_index.Directory] };
        var harmed = _bench.Memory.Copy();
        int calls;
        {
            await using var bench = await RepositoryBench.OpenAsync(harmed.Copy());
            await bench.Repository.RepairAsync(options, cancellationToken: Token);
            calls = bench.Store.Calls.Count;
        }

        for (int i = 0; i < calls; i++)
        {
            await using var bench = await RepositoryBench.OpenAsync(harmed.Copy());
            bench.Store.OnCall = call => call.Number >= i ? Fault.FailBefore : Fault.None;
            await Record.ExceptionAsync(() => bench.Repository.RepairAsync(options, cancellationToken: Token));
            await using var next = await bench.OpenAnotherAsync();
            Assert.NotEqual(RepairOutcome.Incomplete, (await next.Repository.RepairAsync(options, cancellationToken: Token)).Outcome);
            Assert.Equal(RepairOutcome.Sound, (await next.Repository.RepairAsync(cancellationToken: Token)).Outcome);
            Assert.Equal(2, (await next.ListAsync()).Count);
            Assert.Empty((await next.VerifyAsync()).Problems);
        }
    }

    /// <summary>In the place of another, one that is sound in itself and knows of an erasure that never was.</summary>
    private async Task<string> PutWrongCheckpointAsync(string name)
    {
        var id = _bench.Repository.Objects.Id;
        var (checkpoint, _) = await new CheckpointStore(_bench.Memory, id).ReadAsync(name, Token);
        byte[] bytes = SealedObject.Seal(ObjectKind.Checkpoint, id, new ObjectName(checkpoint!.Number), (checkpoint with { Erased = ["packs/" + new string('a', 32)] }).ToJson());
        _bench.Memory.Objects.TryRemove(name, out byte[]? _);
        string wrong = name[..^64] + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
        _bench.Memory.Objects[wrong] = bytes;
        return wrong;
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, string> BackupOptionsLabels(string key, string value) =>
        System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add(key, value);

    private Task<RepairReport> RepairAsync(RepairOptions? options = null) => _bench.Repository.RepairAsync(options, cancellationToken: Token);

    private async Task AssertRepairedAsync()
    {
        await using var fresh = await _bench.OpenAnotherAsync();
        Assert.Empty((await fresh.VerifyAsync()).Problems);
        Assert.Equal(_firstContent, await RestoreAsync(_first.Backup.Id));
        Assert.Equal(_secondContent, await RestoreAsync(_second.Backup.Id));
        Assert.Equal(RepairOutcome.Sound, (await fresh.Repository.RepairAsync(cancellationToken: Token)).Outcome);
    }

    private async Task<DirectoryContent> RestoreAsync(BackupId backup)
    {
        string target = _directory.Combine("restored");
        await using var fresh = await _bench.OpenAnotherAsync();
        await fresh.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token);
        var content = DirectoryContent.Of(target);
        Directory.Delete(target, recursive: true);
        return content;
    }

    private void Harm(string name, string harm)
    {
        byte[] bytes = [.. _bench.Memory.Objects[name]];
        if (harm == "delete")
            _bench.Memory.Objects.TryRemove(name, out _);
        else if (harm == "cut")
            _bench.Memory.Objects[name] = bytes[..(bytes.Length / 2)];
        else
            Flip(bytes, name);
    }

    /// <summary>In a pack every chunk, so that nothing of it can be read.</summary>
    private void Flip(byte[] bytes, string name)
    {
        bytes[bytes.Length / 3] ^= 1;
        if (name.StartsWith("packs/", StringComparison.Ordinal))
            bytes[20] ^= 1;
        _bench.Memory.Objects[name] = bytes;
    }
}
