using Microsoft.Extensions.Logging;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>
/// The answer that nothing has changed: it promises that the backup named is there now, not when the run began, and is recorded now and then, so that
/// whoever watches the age of backups can tell an index that rests from backups that are no longer taken.
/// </summary>
internal sealed class UnchangedState(RepositoryObjects repository, BackupManifest newest, DateTimeOffset pinnedAt, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>The backup that holds this state; null when it is no longer there to be relied on.</summary>
    public BackupRecord? FindIn(LogState state) => CommitRules.FindHolder(state, newest.Id, newest.Packs);

    /// <summary>Records that the index still holds this state, where that was last recorded an hour ago or more. That it cannot be is a warning.</summary>
    /// <returns>The state at the tip of the log.</returns>
    public async Task<LogState> RecordAsync(List<OperationWarning> warnings, CancellationToken cancellationToken)
    {
        try
        {
            return await repository.Log.DecideAndAppendAsync((state, _) => Task.FromResult(Decide(state)), logger, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SegvaultException { Code: ErrorCode.StoreUnreachable or ErrorCode.OutcomeUnknown })
        {
            warnings.Add(new OperationWarning(
                ErrorCode.NotRecorded, $"That nothing has changed could not be recorded in the repository at {repository.Store.Location}: {exception.Message}"));
        }

        var tip = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        tip.EnsureWritable(repository.Store.Location);
        return tip;
    }

    private LogEntry? Decide(LogState state) => FindIn(state) is { } record && pinnedAt - record.SeenAt >= Interval
        ? LogEntry.Draft(LogKind.Unchanged) with { Unchanged = new UnchangedBody { Backup = record.Add.Backup, PinnedAt = pinnedAt } }
        : null;
}
