namespace Segvault.Repositories;

/// <summary>
/// Tells damage from a backup that was removed and collected while somebody was reading it. What is deleted was erased in the log before, so the log
/// read again tells.
/// </summary>
internal static class RemovedMeanwhile
{
    /// <summary>The error that says so; null when the backup is still there, or when that cannot be found out: then what was found is damage.</summary>
    public static async Task<BackupNotFoundException?> ExplainAsync(RepositoryObjects repository, BackupId backup, CancellationToken cancellationToken)
    {
        LogState state;
        try
        {
            state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return state.Obstacle is not null || state.FindLive(backup) is not null
            ? null
            : new BackupNotFoundException(
                ErrorCode.BackupRemoved,
                $"Backup {backup.ToShortString()} was removed from the repository at {repository.Store.Location} while it was being read.",
                "Nothing was replaced. `segvault list` shows which backups there are.");
    }
}
