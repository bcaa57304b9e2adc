using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Repositories;

namespace Segvault.Status;

/// <summary>Records that backups which are marked are as they should be.</summary>
internal static class Confirmation
{
    public static async Task<ImmutableArray<BackupSummary>> RunAsync(RepositoryObjects repository, IReadOnlyCollection<BackupId> backups, CancellationToken cancellationToken)
    {
        var names = backups.Select(backup => backup.ToString()).Distinct(StringComparer.Ordinal).ToArray();
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        EnsureLive(repository, state, backups);
        if (!names.All(name => state.Backups[name].Confirmed))
        {
            state = await repository.Log.AppendAsync(
                current =>
                {
                    EnsureLive(repository, current, backups);
                    return LogEntry.Draft(LogKind.Confirmed) with { Confirmed = new NamesBody { Names = names } };
                },
                NullLogger.Instance,
                cancellationToken).ConfigureAwait(false);
        }

        return [.. names.Select(name => state.Backups[name].ToSummary())];
    }

    private static void EnsureLive(RepositoryObjects repository, LogState state, IEnumerable<BackupId> backups)
    {
        foreach (var backup in backups.Where(backup => state.FindLive(backup) is null))
        {
            throw state.Obstacle ?? new BackupNotFoundException(
                ErrorCode.BackupNotFound, $"There is no backup {backup} in {repository.Store.Location}.", "`segvault list` shows the ids.");
        }
    }
}
