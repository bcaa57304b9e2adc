using Microsoft.Extensions.Logging;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>Finds the state that an index is compared with: that of the newest backup of its name that nobody has to look at.</summary>
internal static class EarlierStates
{
    /// <summary>
    /// A backup that is marked and not confirmed is passed over. Otherwise the index would be compared with its own wrong state the next time, and the
    /// mark would be gone although nothing was mended.
    /// </summary>
    public static async Task<EarlierState?> FindAsync(RepositoryObjects repository, LogState state, string name, ILogger logger, CancellationToken cancellationToken)
    {
        var backups = state.LiveRecords.Where(record => record.Add.Name == name).Select(record => record.ToSummary()).ToList();
        if (BackupFinder.Newest(backups.Where(backup => !backup.IsSuspicious)) is not { } newest)
            return backups.Count == 0 ? null : new EarlierState(backups[^1], null);
        try
        {
            return new EarlierState(newest, await repository.ReadManifestAsync(state.FindLive(newest.Id)!, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is DamageException or IOException or UnauthorizedAccessException)
        {
            BackupLog.ParentUnreadable(logger, newest.Id.ToString(), exception);
            return new EarlierState(newest, null);
        }
    }
}
