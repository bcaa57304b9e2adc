using Segvault.Repositories;
using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Backup;

/// <summary>A long upload says in the log that its packs belong to somebody.</summary>
public sealed class HoldingTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;
    private TantivyFiles _index = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bench = await RepositoryBench.CreateAsync();

        // Segments of more than 8 MiB have packs of their own.
        _index = TantivyFiles.Create(_directory.Combine("index"), segments: 3, bytesPerFile: 1_600_000);
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_backup_holds_its_packs_every_hour_and_a_collection_without_grace_leaves_them_alone()
    {
        await using var other = await _bench.OpenAnotherAsync();
        var packs = new List<string>();
        _bench.Store.BeforeCall = async call =>
        {
            if (call.Verb != StoreVerb.Complete || call.IsLog || !call.Name.StartsWith("packs/", StringComparison.Ordinal))
                return;
            packs.Add(call.Name);
            _bench.Clock.Ahead += TimeSpan.FromMinutes(61);
            int before = _bench.Memory.NamesOf("packs/").Count;
            await other.CollectAsync();
            if (packs.Count > 2)
                Assert.True(_bench.Memory.NamesOf("packs/").Count >= before - 1, $"of {before} packs {_bench.Memory.NamesOf("packs/").Count} are left");
        };
        var backup = await _bench.BackUpAsync(_index.Directory);
        var held = Enumerable.Range(0, _bench.Memory.NamesOf("log/").Count).Select(number => _bench.ReadEntry(number)).Where(entry => entry.Kind == LogKind.Holding).ToList();
        Assert.InRange(held.Count, 2, 10);
        Assert.Equal(packs[..1], held[0].Holding!.Names);
        Assert.True(held[^1].Holding!.Names.Length > 1);
        await other.Manager.RestoreBackupAsync(backup.Backup.Id, _directory.Combine("restored"), cancellationToken: Token);
    }

    [Fact]
    public async Task An_upload_of_less_than_an_hour_says_nothing()
    {
        await _bench.BackUpAsync(_index.Directory);
        Assert.Single(_bench.Memory.NamesOf("log/"));
    }

    [Fact]
    public async Task That_the_packs_cannot_be_held_does_not_fail_the_backup()
    {
        int packs = 0;
        bool isUploading = true;
        int failed = 0;
        _bench.Store.OnCall = call =>
        {
            if (call.Verb == StoreVerb.Complete && call.Name.StartsWith("packs/", StringComparison.Ordinal))
            {
                packs++;
                _bench.Clock.Ahead += TimeSpan.FromMinutes(61);
            }

            isUploading &= !call.Name.StartsWith("backups/", StringComparison.Ordinal);
            if (packs == 0 || !isUploading || !call.IsLog)
                return Fault.None;
            failed++;
            return Fault.FailBefore;
        };
        var backup = await _bench.BackUpAsync(_index.Directory);
        Assert.InRange(packs, 3, 10);
        Assert.InRange(failed, 2, 10);
        _bench.Store.OnCall = _ => Fault.None;
        Assert.Empty((await _bench.VerifyAsync()).Problems);
        Assert.Equal([backup.Backup.Id], (await _bench.ListAsync()).Select(listed => listed.Id));
    }
}
