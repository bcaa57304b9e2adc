using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repositories;

public sealed class DamageTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private BackupResult _first = null!;
    private BackupResult _second = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();
        _bench.DamagedBecause = "that is what these tests are about";
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 300);
        _first = await _bench.BackUpAsync(index.Directory);
        index.AddSegment(10);
        index.WriteMeta();
        _second = await _bench.BackUpAsync(index.Directory);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("log/")]
    [InlineData("backups/")]
    [InlineData("packs/")]
    public async Task Every_flipped_byte_and_every_cut_is_found_and_named(string prefix)
    {
        Assert.Empty((await _bench.VerifyAsync()).Problems);
        foreach (string name in _bench.Memory.NamesOf(prefix))
        {
            byte[] whole = _bench.Memory.Objects[name];
            for (int i = 0; i < whole.Length; i++)
            {
                byte[] flipped = [.. whole];
                flipped[i] ^= (byte)(1 << (i % 8));
                await AssertNamedAsync(name, flipped, $"byte {i} of {whole.Length} flipped");
            }

            foreach (int length in new[] { 0, 1, 50, 79, 80, 96, whole.Length / 2, whole.Length - 1 })
                await AssertNamedAsync(name, whole[..length], $"cut to {length} of {whole.Length}");
            await AssertNamedAsync(name, [.. whole, 0], "a byte too long");
            await AssertNamedAsync(name, new byte[whole.Length], "all zero");
            _bench.Memory.Objects[name] = whole;
        }
    }

    [Fact]
    public async Task Every_flipped_byte_of_the_descriptor_is_found_and_named()
    {
        byte[] whole = _bench.Memory.Objects[RepositoryDescriptor.ObjectName];
        for (int i = 0; i < whole.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] flipped = [.. whole];
                flipped[i] ^= (byte)(1 << bit);
                _bench.Memory.Objects[RepositoryDescriptor.ObjectName] = flipped;
                var damage = await Assert.ThrowsAsync<DamageException>(() => BackupRepository.OpenAsync(_bench.Memory, cancellationToken: Token));
                Assert.Equal(RepositoryDescriptor.ObjectName, damage.DamagedObject);
            }
        }

        Assert.Equal(RepositoryDescriptor.ObjectName, Assert.Single((await _bench.VerifyAsync(VerifyLevel.Structure)).Problems).Object);
        _bench.Memory.Objects[RepositoryDescriptor.ObjectName] = whole[..^5];
        await Assert.ThrowsAsync<DamageException>(() => BackupRepository.OpenAsync(_bench.Memory, cancellationToken: Token));
    }

    [Fact]
    public async Task A_missing_object_is_named_with_the_backups_and_files_it_harms()
    {
        var first = await _bench.ReadManifestAsync(_first);
        var second = await _bench.ReadManifestAsync(_second);
        var shared = first.Packs.Single(pack => second.Packs.Any(other => other.Id == pack.Id));
        _bench.Memory.Objects.TryRemove(PackFormat.NameOf(shared.Id), out _);
        foreach (var level in new[] { VerifyLevel.Structure, VerifyLevel.Data })
        {
            var problem = Assert.Single((await _bench.VerifyAsync(level)).Problems);
            Assert.Equal(PackFormat.NameOf(shared.Id), problem.Object);
            Assert.Equal([first.Id, second.Id], problem.Backups);
            Assert.Contains("missing", problem.Problem, StringComparison.Ordinal);
            string[] harmed = [.. first.Files.Where(file => file.WriteOnce).SelectMany(file => new[] { $"{first.Id}:{file.Path}", $"{second.Id}:{file.Path}" })];
            Assert.Equal(harmed.Order(StringComparer.Ordinal), problem.Files.Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData("log/")]
    [InlineData("backups/")]
    [InlineData("packs/")]
    public async Task An_object_found_under_another_name_is_refused(string prefix)
    {
        var names = _bench.Memory.NamesOf(prefix);
        (_bench.Memory.Objects[names[0]], _bench.Memory.Objects[names[1]]) = (_bench.Memory.Objects[names[1]], _bench.Memory.Objects[names[0]]);
        var problems = (await ReopenedVerifyAsync()).Problems;
        Assert.Contains(problems, problem => problem.Object == names[0]);
    }

    [Fact]
    public async Task An_object_of_another_repository_is_refused()
    {
        await using var other = await RepositoryBench.CreateAsync();
        await other.BackUpAsync(_directory.Combine("index"));
        _bench.Memory.Objects[LogReader.NameOf(0)] = other.Memory.Objects[LogReader.NameOf(0)];
        var problem = (await ReopenedVerifyAsync()).Problems[0];
        Assert.Equal(LogReader.NameOf(0), problem.Object);
        Assert.Contains("another repository", problem.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hole_in_the_log_stops_writing_and_every_backup_is_still_restored_by_its_id()
    {
        _bench.Memory.Objects.TryRemove(LogReader.NameOf(0), out _);
        foreach (var bench in new[] { _bench, await _bench.OpenAnotherAsync() })
        {
            Assert.Equal(LogReader.NameOf(0), (await Assert.ThrowsAsync<DamageException>(() => bench.AppendAsync(LogKind.Nop))).DamagedObject);
            Assert.Equal(LogReader.NameOf(0), (await Assert.ThrowsAsync<DamageException>(() => bench.BackUpAsync(_directory.Combine("index")))).DamagedObject);
            await Assert.ThrowsAsync<DamageException>(() => bench.Manager.FindBackupAsync("latest", cancellationToken: Token));
            await Assert.ThrowsAsync<DamageException>(bench.ListAsync);
            Assert.Contains((await bench.VerifyAsync(VerifyLevel.Structure)).Problems, problem => problem.Object == LogReader.NameOf(0));
        }

        Assert.Single(_bench.Memory.NamesOf("log/"));
        string target = _directory.Combine("restored");
        await _bench.Manager.RestoreBackupAsync(_second.Backup.Id, target, cancellationToken: Token);
        Assert.Equal(DirectoryContent.Of(_directory.Combine("index")), DirectoryContent.Of(target));
    }

    [Fact]
    public async Task A_log_that_was_forked_or_misnumbered_is_damage()
    {
        var genuine = _bench.ReadEntry(1);
        _bench.Plant(genuine with { Previous = new string('0', 64) });
        await AssertObstacleAsync(1, "forked");
        _bench.Memory.Objects[LogReader.NameOf(1)] = LogReader.Seal(genuine with { Number = 2 }, _bench.Repository.Objects.Id);
        await AssertObstacleAsync(1, "another name");
        _bench.Plant(genuine);
        _bench.Plant(_bench.ReadEntry(0) with { Random = "another" });
        await AssertObstacleAsync(1, "forked");
    }

    [Fact]
    public async Task An_entry_that_lacks_what_its_kind_promises_is_damage()
    {
        var genuine = _bench.ReadEntry(1);
        foreach (var wrong in new[]
        {
            genuine with { Add = null },
            genuine with { Add = genuine.Add! with { Backup = "x" } },
            genuine with { Add = genuine.Add! with { Manifest = "backups/" + new string('0', 32) } },
            genuine with { Kind = LogKind.Remove },
            genuine with { Kind = LogKind.Erase },
        })
        {
            _bench.Plant(wrong);
            await AssertObstacleAsync(1, "JSON");
        }
    }

    [Fact]
    public async Task The_first_damage_is_mended_by_putting_the_entry_back()
    {
        byte[] entry = _bench.Memory.Objects[LogReader.NameOf(0)];
        _bench.Memory.Objects.TryRemove(LogReader.NameOf(0), out _);
        await Assert.ThrowsAsync<DamageException>(_bench.ListAsync);
        _bench.Memory.Objects[LogReader.NameOf(0)] = entry;
        Assert.Equal(2, (await _bench.ListAsync()).Count);
    }

    [Fact]
    public async Task An_object_that_cannot_be_read_is_a_problem_of_that_object_alone()
    {
        string pack = _bench.Memory.NamesOf("packs/")[0];
        string manifest = ManifestStore.NameOf(_second.Backup.Id);
        _bench.Store.OnCall = call => call.Name == pack && call.Verb == StoreVerb.ReadRange || call.Name == manifest ? Fault.FailBefore : Fault.None;
        var problems = (await _bench.VerifyAsync()).Problems;
        Assert.Contains(problems, problem => problem.Object == manifest && problem.Backups.Contains(_second.Backup.Id));
        Assert.All(problems, problem => Assert.True(problem.Object == pack || problem.Object == manifest));
    }

    [Fact]
    public async Task A_backup_that_needs_an_erased_pack_is_reported_although_the_pack_is_still_there()
    {
        string pack = PackFormat.NameOf((await _bench.ReadManifestAsync(_second)).Packs[0].Id);
        await _bench.AppendAsync(LogKind.Erase, pack);
        Assert.Contains((await _bench.VerifyAsync(VerifyLevel.Structure)).Problems, problem => problem.Object == pack && problem.Backups.Contains(_second.Backup.Id));
    }

    private async Task AssertNamedAsync(string name, byte[] content, string what)
    {
        _bench.Memory.Objects[name] = content;
        var report = await ReopenedVerifyAsync();
        Assert.True(report.Problems.Any(problem => problem.Object == name), $"{name}: {what}");
    }

    private async Task AssertObstacleAsync(long number, string message)
    {
        var problem = (await ReopenedVerifyAsync()).Problems[0];
        Assert.Equal(LogReader.NameOf(number), problem.Object);
        Assert.Contains(message, problem.Problem, StringComparison.Ordinal);
    }

    /// <summary>Of a copy: what is found is recorded in the log, and the next look must not begin with that.</summary>
    private async Task<VerifyReport> ReopenedVerifyAsync()
    {
        await using var bench = await RepositoryBench.OpenAsync(_bench.Memory.Copy());
        return await bench.VerifyAsync();
    }
}
