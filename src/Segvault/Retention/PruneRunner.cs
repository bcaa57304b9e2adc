using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Backup;
using Segvault.Collection;
using Segvault.Repositories;

namespace Segvault.Retention;

/// <summary>Removes the backups that a policy does not keep, in one entry of the log, decided for exactly the log before it.</summary>
internal sealed class PruneRunner(RepositoryObjects repository, RetentionPolicy policy, PruneOptions options, TimeProvider timeProvider)
{
    private static readonly TimeSpan PlainJump = TimeSpan.FromDays(1);

    private readonly BackupReaches _reaches = new(repository);

    public async Task<PrunePlan> PlanAsync(CancellationToken cancellationToken)
    {
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        state.EnsureWritable(repository.Store.Location);
        return await PlanAsync(state, cancellationToken).ConfigureAwait(false);
    }

    public async Task<RemovalResult> RunAsync(CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        PrunePlan? plan = null;
        await repository.Log.DecideAndAppendAsync(
            async (state, token) =>
            {
                plan = await PlanAsync(state, token).ConfigureAwait(false);
                return RemovalEntry.For(plan);
            },
            NullLogger.Instance,
            cancellationToken).ConfigureAwait(false);
        return new RemovalResult { Removed = plan!, Elapsed = timeProvider.GetElapsedTime(started) };
    }

    private async Task<PrunePlan> PlanAsync(LogState state, CancellationToken cancellationToken)
    {
        if (options.Name is { } name && state.NewestOf(name) is null)
            throw new BackupNotFoundException(ErrorCode.BackupNotFound, $"There is no backup of '{name}' in {repository.Store.Location}.", "`segvault list` shows the names.");
        var live = await _reaches.ReadAsync(state.Live, cancellationToken).ConfigureAwait(false);
        var candidates = live.Where(reach => options.Name is null || reach.Add.Name == options.Name).Select(reach => ToCandidate(reach, state)).ToList();
        if (!options.Force)
            EnsureNoClockJumped(state, candidates);
        var decisions = RetentionPlanner.Decide(candidates, policy, options.Force).ToDictionary(decision => decision.Backup, decision => decision.Reasons);
        var removal = RemovalArithmetic.Plan(live, add => decisions.TryGetValue(add.Id, out var reasons) && reasons.IsEmpty);
        return new PrunePlan
        {
            Backups = removal.Backups,
            BytesReleased = removal.BytesReleased,
            PacksReleased = removal.PacksReleased,
            Unreadable = removal.Unreadable,
            Kept = [.. live.Where(reach => decisions.GetValueOrDefault(reach.Add.Id) is { IsDefaultOrEmpty: false })
                .Select(reach => new KeptBackup(reach.Add.ToSummary(), decisions[reach.Add.Id]))],
        };
    }

    private static RetentionCandidate ToCandidate(BackupReach reach, LogState state)
    {
        var add = reach.Add;
        var record = state.Backups[add.Backup];
        var flags = (add.Flags ?? []).ToHashSet(StringComparer.Ordinal);

        // When an archive was imported says nothing of how old the state is that it holds.
        var imported = flags.Remove(BackupFlag.Imported);
        return new RetentionCandidate(add.Id, add.Name, imported ? add.PinnedAt : record.AddedAt)
        {
            UnchangedAt = record.UnchangedAt,
            Pinned = add.Labels?.ContainsKey(RetentionPolicy.PinLabel) == true,
            Restorable = reach.Problem is null && !reach.Names.Any(name => state.KnownBad.Contains(name) || state.Erased.Contains(name)),
            Doubtful = flags.Count > 0 && !record.Confirmed,
        };
    }

    /// <summary>One entry from the future makes every rule count from there; what is then too old may be last night's backup.</summary>
    private void EnsureNoClockJumped(LogState state, List<RetentionCandidate> candidates)
    {
        var latest = candidates.Select(candidate => candidate.Time).Append(state.Time).Max();
        var now = timeProvider.GetUtcNow();
        if (latest - now <= PlainJump)
            return;
        throw new RefusedException(
            ErrorCode.ClockJumped,
            $"The repository at {repository.Store.Location} has a time in it that is yet to come, {latest.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}, and it is {now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} here: a clock is wrong.",
            "Set the clock of this machine or of the one that wrote it, and look with --dry-run --force what would go; --force prunes all the same.");
    }
}
