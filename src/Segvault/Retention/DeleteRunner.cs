using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Collection;
using Segvault.Repositories;

namespace Segvault.Retention;

/// <summary>Removes backups that were named, all of them in one entry of the log or none.</summary>
internal sealed class DeleteRunner(RepositoryObjects repository, TimeProvider timeProvider)
{
    private readonly BackupReaches _reaches = new(repository);

    public async Task<RemovalPlan> PlanAsync(IReadOnlyCollection<BackupId> backups, CancellationToken cancellationToken)
    {
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        state.EnsureWritable(repository.Store.Location);
        return await PlanAsync(state, backups, cancellationToken).ConfigureAwait(false);
    }

    public async Task<RemovalResult> RunAsync(IReadOnlyCollection<BackupId> backups, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        RemovalPlan? plan = null;
        await repository.Log.DecideAndAppendAsync(
            async (state, token) =>
            {
                plan = await PlanAsync(state, backups, token).ConfigureAwait(false);
                return RemovalEntry.For(plan);
            },
            NullLogger.Instance,
            cancellationToken).ConfigureAwait(false);
        return new RemovalResult { Removed = plan!, Elapsed = timeProvider.GetElapsedTime(started) };
    }

    private async Task<RemovalPlan> PlanAsync(LogState state, IReadOnlyCollection<BackupId> backups, CancellationToken cancellationToken)
    {
        foreach (var absent in backups.Where(backup => state.FindLive(backup) is null))
            throw NotFound(state, absent);
        var named = backups.Select(backup => backup.ToString()).ToHashSet(StringComparer.Ordinal);
        var live = await _reaches.ReadAsync(state.Live, cancellationToken).ConfigureAwait(false);
        return RemovalArithmetic.Plan(live, add => named.Contains(add.Backup));
    }

    private BackupNotFoundException NotFound(LogState state, BackupId backup) => new(
        ErrorCode.BackupNotFound,
        $"There is no backup {backup} in {repository.Store.Location}{(state.Backups.ContainsKey(backup.ToString()) ? ": it was deleted already" : "")}.",
        "`segvault list` shows the ids.",
        ImmutableArray<BackupId>.Empty);
}

/// <summary>The log's entry for a removal.</summary>
internal static class RemovalEntry
{
    /// <summary>Null when nothing goes.</summary>
    public static LogEntry? For(RemovalPlan plan) => plan.Backups.IsEmpty
        ? null
        : LogEntry.Draft(LogKind.Remove) with { Remove = new NamesBody { Names = [.. plan.Backups.Select(removed => removed.Backup.Id.ToString())] } };
}
