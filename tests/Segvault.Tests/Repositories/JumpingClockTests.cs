using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repositories;

/// <summary>The clock is years ahead or behind, another time at every operation: no backup that was not removed is harmed, and nothing ends oddly.</summary>
public sealed class JumpingClockTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RepositoryBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _bench = await RepositoryBench.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task No_jump_harms_a_backup()
    {
        var seed = TestBench.IsThorough ? Environment.TickCount : 1;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 2, bytesPerFile: 300);
        var states = new Dictionary<BackupId, DirectoryContent>();
        var refused = 0;
        var pruned = 0;

        // More entries than lie between two checkpoints.
        for (var step = 0; step < TestBench.Rounds(150, 3000); step++)
        {
            _bench.Clock.Ahead = TimeSpan.FromDays(random.Next(-20 * 365, 20 * 365));
            switch (random.Next(6))
            {
                case 0 or 1 or 2:
                    index.AddSegment(20);
                    index.RemoveSegment(index.Segments[0]);
                    index.WriteMeta();
                    states[(await _bench.BackUpAsync(index.Directory)).Backup.Id] = DirectoryContent.Of(index);
                    break;
                case 3:
                    await _bench.CollectAsync();
                    break;
                case 4:
                    var (removed, wasRefused) = await PruneAsync();
                    refused += wasRefused ? 1 : 0;
                    pruned += removed.Count;
                    foreach (var backup in removed)
                        states.Remove(backup);
                    break;
                default:
                    await LookAsync();
                    break;
            }
        }

        output.WriteLine($"{refused} prunes refused, {pruned} backups pruned, {states.Count} left");
        Assert.InRange(refused, 1, int.MaxValue);
        Assert.InRange(pruned, 1, int.MaxValue);
        Assert.Equal(states.Keys.Select(backup => backup.ToString()).Order(StringComparer.Ordinal), (await _bench.ListAsync()).Select(backup => backup.Id.ToString()).Order(StringComparer.Ordinal));
        Assert.Empty((await _bench.VerifyAsync()).Problems);
        foreach (var (backup, content) in states)
        {
            var target = _directory.Combine(backup.ToString());
            await _bench.Manager.RestoreBackupAsync(backup, target, cancellationToken: Token);
            Assert.Equal(content, DirectoryContent.Of(target));
        }
    }

    [Fact]
    public async Task A_backup_from_the_future_is_no_older_than_one_from_now()
    {
        var index = TantivyFiles.Create(_directory.Combine("index"), segments: 1, bytesPerFile: 300);
        _bench.Clock.Ahead = TimeSpan.FromDays(3650);
        var first = await _bench.BackUpAsync(index.Directory);
        _bench.Clock.Ahead = TimeSpan.Zero;
        index.AddSegment(5);
        index.WriteMeta();
        var second = await _bench.BackUpAsync(index.Directory);

        Assert.Equal([first.Backup.Id, second.Backup.Id], (await _bench.ListAsync()).Select(backup => backup.Id));
        Assert.Equal(second.Backup.Id, (await _bench.Manager.FindBackupAsync("latest", cancellationToken: Token)).Id);
        var error = await Assert.ThrowsAsync<RefusedException>(() => _bench.Repository.PruneAsync(new RetentionPolicy { KeepDaily = 1 }, cancellationToken: Token));
        Assert.Equal(ErrorCode.ClockJumped, error.Code);
    }

    private async Task<(IReadOnlyList<BackupId> Removed, bool Refused)> PruneAsync()
    {
        try
        {
            var result = await _bench.Repository.PruneAsync(new RetentionPolicy { KeepLast = 3, KeepWithin = TimeSpan.FromDays(400) }, cancellationToken: Token);
            return ([.. result.Removed.Backups.Select(backup => backup.Backup.Id)], false);
        }
        catch (RefusedException exception)
        {
            Assert.Equal(ErrorCode.ClockJumped, exception.Code);
            return ([], true);
        }
    }

    private async Task LookAsync()
    {
        await _bench.Repository.GetStatusAsync(new StatusOptions { MaxAge = TimeSpan.FromHours(26) }, Token);
        await using var another = await _bench.OpenAnotherAsync();
        Assert.Empty((await another.VerifyAsync(VerifyLevel.Structure)).Problems);
    }
}
