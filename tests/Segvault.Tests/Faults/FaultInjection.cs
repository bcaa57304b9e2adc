using Segvault.Testing;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Faults;

/// <summary>One fault at one call of an operation, and everything that must hold afterwards.</summary>
internal sealed class FaultInjection(FaultWorld world, FaultedOperation operation, int callNumber, Fault fault, int seed)
{
    private readonly MemoryObjectStore _memory = operation.Base(world).Copy();
    private StoreCall _call;
    private Exception? _failure;

    /// <summary>False when the operation came to its end without such a call.</summary>
    public async Task<bool> RunAsync(bool restoreAll)
    {
        _memory.DamagedBecause = "it is asked here, at every step";
        var before = await ListAsync();
        await using var bench = await RepositoryBench.OpenAsync(_memory);
        bench.Store.Seed = seed;
        bench.Store.OnCall = Choose;
        var check = await TryAsync(bench);
        if (bench.Store.Injected == 0)
            return false;
        try
        {
            Assert.True(_failure is null or SegvaultException or IOException, "Not a failure that anybody could understand.");
            await RecoverAsync(check);
            await using (var fresh = await RepositoryBench.OpenAsync(_memory))
            {
                if (check is not null)
                    await check(fresh);
                else if (_failure is not CommitOutcomeUnknownException && !operation.IsDoneInSteps && !IsLogCut)
                    Assert.Equal(before, await ListAsync());
            }

            await AssertSoundAsync(before, restoreAll);
            if (_failure is not null || operation.Repairs)
                await RetryAsync(bench.Store, before, restoreAll);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{operation.Name}, {fault} at call {_call}: {(_failure is null ? "it reported success" : $"it reported: {_failure}")}", exception);
        }

        return true;
    }

    /// <summary>By another client, whatever the first one still has on its way.</summary>
    private async Task RetryAsync(FaultyObjectStore store, IReadOnlyList<BackupId> before, bool restoreAll)
    {
        await using (var fresh = await RepositoryBench.OpenAsync(_memory))
            await (await operation.RunAsync(world, fresh))(fresh);
        await store.LandAsync();
        if (operation.Repairs)
            await ClearAsync();
        await AssertSoundAsync(before, restoreAll, repaired: true);
    }

    /// <summary>A repair finds a backup again that such an entry was to record.</summary>
    private bool IsLogCut => fault == Fault.Shorten && _call.IsLog;

    private Fault Choose(StoreCall call)
    {
        if (call.Number != callNumber || !call.Admits(fault))
            return Fault.None;
        _call = call;
        return fault;
    }

    private async Task<Func<RepositoryBench, Task>?> TryAsync(RepositoryBench bench)
    {
        try
        {
            return await operation.RunAsync(world, bench);
        }
        catch (Exception exception)
        {
            _failure = exception;
            return null;
        }
    }

    /// <summary>What a person would do before going on: where the store itself lied, something may be harmed or said to be.</summary>
    private async Task RecoverAsync(Func<RepositoryBench, Task>? check)
    {
        if (IsLogCut)
        {
            Assert.True(check is null, "An entry of the log is cut short, and that was reported as success.");
            Assert.Equal(_call.Name, Assert.IsType<DamageException>(_failure).DamagedObject);
            await using var fresh = await RepositoryBench.OpenAsync(_memory);
            await fresh.Repository.RepairAsync();
        }

        if (fault == Fault.Shorten && _call.IsCheckpoint)
        {
            // What it says is in the log as well, so nobody misses it until a verification names it.
            await using var fresh = await RepositoryBench.OpenAsync(_memory);
            Assert.NotNull(check);
            await check(fresh);
            Assert.Equal([_call.Name], (await fresh.VerifyAsync()).Problems.Select(problem => problem.Object));
            await fresh.Repository.RepairAsync();
        }

        if (fault is Fault.FlipRead or Fault.ShortRead && !operation.Repairs)
            await ClearAsync();
    }

    /// <summary>Reads everything; what was only read wrong is no longer said to be bad then.</summary>
    private async Task ClearAsync()
    {
        await using var fresh = await RepositoryBench.OpenAsync(_memory);
        Assert.Empty((await fresh.VerifyAsync()).Problems);
    }

    private async Task AssertSoundAsync(IReadOnlyList<BackupId> before, bool restoreAll, bool repaired = false)
    {
        if (operation.Repairs && !repaired)
            return;
        await RepositoryConsistency.AssertAsync(_memory);
        await using var fresh = await RepositoryBench.OpenAsync(_memory.Copy());
        Assert.Empty((await fresh.VerifyAsync()).Problems);
        var now = (await fresh.ListAsync()).SelectMany(backup => backup.FormerIds.Append(backup.Id)).ToHashSet();
        foreach (var backup in before.Except(operation.Removes(world)))
            Assert.Contains(backup, now);
        foreach (var backup in now.Where(world.Expected.ContainsKey))
        {
            Assert.Equal(world.Expected[backup], FaultedOperation.ContentOf(await fresh.Manager.GetManifestAsync(backup)));
            if (restoreAll)
                await RestoreAsync(fresh, backup);
        }
    }

    private async Task RestoreAsync(RepositoryBench fresh, BackupId backup)
    {
        string target = world.NewPath("restored");
        await fresh.Manager.RestoreBackupAsync(backup, target);
        Assert.Equal(world.Expected[backup], DirectoryContent.Of(target));
        Directory.Delete(target, recursive: true);
    }

    private async Task<IReadOnlyList<BackupId>> ListAsync()
    {
        await using var fresh = await RepositoryBench.OpenAsync(_memory);
        return [.. (await fresh.ListAsync()).Select(backup => backup.Id)];
    }
}
