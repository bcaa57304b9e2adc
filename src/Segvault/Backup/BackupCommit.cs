using Microsoft.Extensions.Logging;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>The moment in which a backup comes to be: everything it refers to is in the store and flushed, then one entry is added to the log.</summary>
internal sealed class BackupCommit(RepositoryObjects repository, ILogger logger)
{
    /// <summary>Makes the backup exist; null when a pack that it refers to was erased or lost meanwhile.</summary>
    /// <param name="manifest">The backup.</param>
    /// <param name="packs">The packs written for it.</param>
    /// <param name="ensureAllowed">Throws when what others recorded meanwhile forbids it.</param>
    /// <param name="cancellationToken">Stops the call; the backup does not exist then.</param>
    /// <exception cref="CommitOutcomeUnknownException">The store failed at the very commit.</exception>
    public async Task<BackupSummary?> RunAsync(BackupManifest manifest, PackSet packs, Action<LogState> ensureAllowed, CancellationToken cancellationToken)
    {
        if (!await packs.AdoptAsync(manifest, cancellationToken).ConfigureAwait(false))
            return null;
        var (length, sha256) = await repository.Manifests.WriteAsync(manifest, cancellationToken).ConfigureAwait(false);
        await repository.Store.BarrierAsync(cancellationToken).ConfigureAwait(false);
        if (!await ReferencesCheck.RunAsync(repository, manifest, length, packs.Packs, cancellationToken).ConfigureAwait(false))
            return null;
        var add = ManifestBuilder.ToLogEntry(manifest, packs.NewPacks, length, sha256);
        var needed = CommitRules.NeededBy(manifest);
        try
        {
            await repository.Log.AppendAsync(
                state =>
                {
                    if (!CommitRules.MayAdd(state, needed))
                        throw new ErasedReferenceException();
                    ensureAllowed(state);
                    return LogEntry.Draft(LogKind.Add) with { Add = add };
                },
                logger,
                cancellationToken).ConfigureAwait(false);
        }
        catch (ErasedReferenceException)
        {
            return null;
        }
        catch (Exception exception) when (exception is CommitOutcomeUnknownException or DamageException)
        {
            // It may be there, or come to be: the repair of a damaged entry looks for the backups that it may have added.
            packs.Commit();
            throw;
        }

        packs.Commit();
        repository.Store.RenewReserve();
        return add.ToSummary();
    }

    /// <summary>Something that the backup refers to was erased between its decision and its commit.</summary>
    private sealed class ErasedReferenceException : Exception;
}
