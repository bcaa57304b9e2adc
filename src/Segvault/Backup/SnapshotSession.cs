using Microsoft.Extensions.Logging;
using Segvault.Engines;
using Segvault.IO;
using Segvault.Locking;
using Segvault.Restore;

namespace Segvault.Backup;

/// <summary>How an index is held while a snapshot of it is used.</summary>
/// <param name="Wait">How long to wait for its lock, and for its writer.</param>
/// <param name="RequireIdle">Whether its writer must be kept out.</param>
/// <param name="LockName">The name of the lock; null means one derived from the path.</param>
internal sealed record SnapshotAccess(TimeSpan Wait, bool RequireIdle, string? LockName);

/// <summary>Everything around a snapshot: what must be held before it is pinned, and let go of afterwards.</summary>
internal sealed class SnapshotSession(BackupManagerOptions manager, SnapshotAccess access, ILogger logger, List<OperationWarning> warnings)
{
    /// <summary>Locks the index, prepares, lets the application flush, pins a snapshot, and works with it.</summary>
    /// <param name="source">The index.</param>
    /// <param name="ensureApart">Refuses an index directory that overlaps with what is written to.</param>
    /// <param name="prepare">What is to be known before the snapshot is pinned, once the index is locked.</param>
    /// <param name="work">The work, given the snapshot, what was prepared, and whether the index is locked.</param>
    /// <param name="cancellationToken">Stops it all.</param>
    public async Task<T> RunAsync<TPrepared, T>(
        IndexSource source,
        Action<string> ensureApart,
        Func<CancellationToken, Task<TPrepared>> prepare,
        Func<PinnedSnapshot, TPrepared, bool, CancellationToken, Task<T>> work,
        CancellationToken cancellationToken)
    {
        var directory = RealPath.Resolve(source.Path);
        var engine = FindEngine(source, directory);
        ensureApart(directory);
        var indexLock = await IndexLock.AcquireAsync(manager.LockProvider, directory, access.LockName, access.Wait, true, cancellationToken).ConfigureAwait(false);
        await using (indexLock.ConfigureAwait(false))
        {
            if (!indexLock.IsHeld)
            {
                BackupLog.NotLocked(logger, directory);
                warnings.Add(new OperationWarning(
                    ErrorCode.NotLocked,
                    $"{directory} is not locked against other backups and restores meanwhile: {indexLock.WhyNot}. The backup itself is safe without."));
            }

            return await indexLock.RunAsync(
                async token =>
                {
                    var prepared = await prepare(token).ConfigureAwait(false);
                    if (indexLock.IsHeld)
                        InPlaceRecovery.Run(directory, engine, mayPutOff: true, manager.TimeProvider, warnings);
                    if (source.FlushAsync is { } flush)
                        await flush(token).ConfigureAwait(false);
                    using var writerLock = access.RequireIdle
                        ? await EngineLocks.LockWriterAsync(engine, directory, access.Wait, manager.TimeProvider, token).ConfigureAwait(false)
                        : null;
                    var snapshot = await PinAsync(engine, directory, indexLock.IsHeld, token).ConfigureAwait(false);
                    await using (snapshot.ConfigureAwait(false))
                    {
                        BackupLog.Pinned(logger, snapshot.Files.Length, snapshot.Commit.Documents, snapshot.Attempts, snapshot.EngineLockHeld);
                        if (source.PinnedAsync is { } pinned)
                            await pinned(token).ConfigureAwait(false);
                        return await work(snapshot, prepared, indexLock.IsHeld, token).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<PinnedSnapshot> PinAsync(IndexEngine engine, string directory, bool allowHold, CancellationToken cancellationToken)
    {
        var pinOptions = new PinOptions { TimeProvider = manager.TimeProvider, Logger = logger, AllowHold = allowHold };
        try
        {
            return await engine.PinAsync(directory, pinOptions, cancellationToken).ConfigureAwait(false);
        }
        catch (SegvaultException exception) when (exception.Code == ErrorCode.PathNotFound)
        {
            // It was there when the engine was chosen.
            throw IndexDirectory.Vanished(directory, exception);
        }
    }

    private static IndexEngine FindEngine(IndexSource source, string directory)
    {
        var engine = source.Engine is null ? IndexEngines.Detect(directory) : IndexEngines.Get(source.Engine);
        return engine is not null && engine.Recognise(directory) != IndexPresence.None
            ? engine
            : throw new NotAnIndexException(
                source.Path,
                $"{source.Path} holds no {(engine is null ? "index of any engine known here" : $"{engine.Name} index")}.",
                "Name the directory that has the index's own files in it (for Tantivy, the one with meta.json).");
    }
}
