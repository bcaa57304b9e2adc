using Microsoft.Extensions.Logging;
using Segvault.Backup;
using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Snapshots;

/// <summary>Makes one snapshot: lock, flush, pin, link or copy beside its place, move it there; and with something to use it, remove it again.</summary>
internal sealed class SnapshotRunner(BackupManagerOptions manager, SnapshotOptions options, IProgress<OperationProgress>? progress)
{
    private readonly ILogger _logger = manager.LoggerFactory.CreateLogger("Segvault.Snapshots");
    private readonly List<OperationWarning> _warnings = [];
    private readonly long _started = manager.TimeProvider.GetTimestamp();

    public async Task<SnapshotResult> RunAsync(
        IndexSource source, string directory, Func<SnapshotResult, CancellationToken, ValueTask>? use, CancellationToken cancellationToken)
    {
        var place = RealPath.Resolve(directory);
        var session = new SnapshotSession(manager, new SnapshotAccess(options.Wait, options.RequireIdle, options.LockName), _logger, _warnings);
        SnapshotWorkspace? workspace = null;
        try
        {
            var result = await session.RunAsync(
                source,
                index => EnsureApart(index, place),
                _ => Task.FromResult(Prepare(source, place)),
                (snapshot, target, locked, token) => Task.Run(
                    () =>
                    {
                        EnsureGood(snapshot);
                        workspace = SnapshotWorkspace.Create(target, isTemporary: use is not null);
                        return Take(snapshot, workspace, locked, token);
                    },
                    token),
                cancellationToken).ConfigureAwait(false);
            if (use is null)
                return result;
            await use(result, cancellationToken).ConfigureAwait(false);
            return Remove(workspace!, result);
        }
        finally
        {
            workspace?.Dispose();
        }
    }

    private static void EnsureApart(string index, string place)
    {
        if (RealPath.Overlap(index, place))
        {
            throw new RefusedException(
                ErrorCode.PathsOverlap, $"The snapshot {place} and the index {index} lie within one another.", "Choose a directory beside the index.");
        }
    }

    private SnapshotTarget Prepare(IndexSource source, string place)
    {
        SnapshotLeftovers.Remove(place, _warnings);
        var target = SnapshotTarget.Inspect(place);
        SnapshotLog.Started(_logger, source.Path, place);
        return target;
    }

    private void EnsureGood(PinnedSnapshot snapshot)
    {
        if (!options.AllowDamaged && !snapshot.Problems.IsEmpty)
            throw SourceFileChecks.Damaged(snapshot, snapshot.Problems);
    }

    private SnapshotResult Take(PinnedSnapshot snapshot, SnapshotWorkspace workspace, bool locked, CancellationToken cancellationToken)
    {
        var copy = new SnapshotCopy(snapshot, workspace, options.AllowDamaged, progress);
        copy.Write(cancellationToken);
        workspace.Publish();
        _warnings.AddRange(copy.Damaged.Select(entry => new OperationWarning(ErrorCode.SourceDamaged, $"{entry.Key} is damaged in this snapshot: it {entry.Value}.")));
        var result = new SnapshotResult
        {
            Index = snapshot.Directory,
            Directory = workspace.Target.Path,
            Engine = snapshot.Engine,
            PinnedAt = snapshot.PinnedAt,
            Documents = snapshot.Commit.Documents,
            Segments = snapshot.Commit.Segments.Length,
            Bytes = snapshot.Files.Sum(file => file.Length),
            Linked = copy.Linked,
            Cloned = copy.Cloned,
            Copied = copy.Copied,
            ForeignFiles = snapshot.ForeignFiles.Length,
            Locked = locked,
            EngineLockHeld = snapshot.EngineLockHeld,
            DamagedFiles = [.. copy.Damaged.Keys],
            Warnings = [.. _warnings],
            Elapsed = manager.TimeProvider.GetElapsedTime(_started),
        };
        SnapshotLog.Completed(_logger, result.Directory, result.Elapsed, result.Linked, result.Cloned, result.Copied);
        return result;
    }

    private SnapshotResult Remove(SnapshotWorkspace workspace, SnapshotResult result)
    {
        if (workspace.Close() is { } problem)
            _warnings.Add(new OperationWarning(ErrorCode.LeftoverFound, problem));
        else
            SnapshotLog.Removed(_logger, result.Directory);
        return result with { Removed = !workspace.IsAtPlace, Warnings = [.. _warnings] };
    }
}
