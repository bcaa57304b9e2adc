using Microsoft.Extensions.Logging;
using Segvault.Engines;
using Segvault.IO;
using Segvault.Locking;
using Segvault.Repositories;

namespace Segvault.Restore;

/// <summary>Restores one backup: plan, lock, stage, check, swap.</summary>
internal sealed class RestoreRunner(
    RepositoryObjects repository, BackupManagerOptions manager, RestoreOptions options, IProgress<OperationProgress>? progress)
{
    private readonly ILogger _logger = manager.LoggerFactory.CreateLogger("Segvault.Restore");
    private readonly List<OperationWarning> _warnings = [];
    private readonly long _started = manager.TimeProvider.GetTimestamp();

    public async Task<RestorePlan> PlanAsync(BackupManifest manifest, string path, CancellationToken cancellationToken)
    {
        var target = Inspect(manifest, path, IndexEngines.Get(manifest.Engine));
        using var packs = new PackedFileReader(repository, manifest);
        return await PlanAsync(manifest, target, packs, cancellationToken).ConfigureAwait(false);
    }

    public async Task<RestoreResult> RunAsync(BackupManifest manifest, string path, CancellationToken cancellationToken)
    {
        var engine = IndexEngines.Get(manifest.Engine);
        var target = Inspect(manifest, path, engine);
        if (target.State == TargetState.Absent)
            return await CreateAsync(manifest, target, engine, cancellationToken).ConfigureAwait(false);

        var indexLock = await LockAsync(target.Path, cancellationToken).ConfigureAwait(false);
        await using (indexLock.ConfigureAwait(false))
        {
            return await indexLock.RunAsync(
                async token =>
                {
                    InPlaceJournal.Recover(target.Path, engine, _warnings);

                    // What was there before the lock was held may have changed.
                    target = RestoreTarget.Inspect(path, engine, options);
                    StagingDirectory.RemoveLeftovers(target, locked: true, engine, manager.TimeProvider, _warnings);
                    using var writer = target.State == TargetState.Index
                        ? await EngineLocks.LockWriterAsync(engine, target.Path, options.Wait, manager.TimeProvider, token).ConfigureAwait(false)
                        : null;
                    return await ReplaceAsync(manifest, target, engine, token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    private RestoreTarget Inspect(BackupManifest manifest, string path, IndexEngine engine)
    {
        SafeNames.Ensure(manifest, OperatingSystem.IsWindows());
        if (repository.LocalDirectory is { } local && RealPath.Overlap(RealPath.Resolve(local), RealPath.Resolve(path)))
        {
            throw new RefusedException(
                ErrorCode.PathsOverlap, $"The target {path} and the repository {local} lie within one another.", "Restore to a place outside the repository.");
        }

        return RestoreTarget.Inspect(path, engine, options);
    }

    private Task<IndexLock> LockAsync(string directory, CancellationToken cancellationToken) =>
        IndexLock.AcquireAsync(manager.LockProvider, directory, options.LockName, options.Wait, false, cancellationToken);

    private async Task<RestorePlan> PlanAsync(BackupManifest manifest, RestoreTarget target, PackedFileReader packs, CancellationToken cancellationToken)
    {
        var toFetch = 0L;
        foreach (var file in manifest.Files.Where(file => !RestorePlanner.MayReuse(target, file)))
            toFetch += await packs.StoredLengthAsync(file, cancellationToken).ConfigureAwait(false);
        var plan = RestorePlanner.Plan(manifest, target, options, toFetch, [.. _warnings]);
        RestorePlanner.EnsureSpace(plan);
        return plan;
    }

    /// <summary>Nothing is there yet: the finished directory is moved to its place, with its lock held.</summary>
    private async Task<RestoreResult> CreateAsync(BackupManifest manifest, RestoreTarget target, IndexEngine engine, CancellationToken cancellationToken)
    {
        StagingDirectory.RemoveLeftovers(target, locked: false, engine, manager.TimeProvider, _warnings);
        using var staging = StagingDirectory.Create(target);
        var indexLock = await LockAsync(manager.LockProvider is null ? staging.Path : target.Path, cancellationToken).ConfigureAwait(false);
        await using (indexLock.ConfigureAwait(false))
        {
            return await indexLock.RunAsync(
                async token =>
                {
                    using var context = Open(manifest, target, engine, RestoreMethod.Create);
                    await PlanAsync(manifest, target, context.Value.Packs, token).ConfigureAwait(false);
                    var staged = await StageAsync(context.Value, staging.Path, "", token).ConfigureAwait(false);
                    context.Value.Owner.Apply(staging.Path, staged.CommitOwner());
                    MakeAccessible(staging.Path);
                    token.ThrowIfCancellationRequested();
                    if (!AtomicRename.TryMoveIfAbsent(staging.Path, target.Path))
                        throw new RefusedException(ErrorCode.TargetExists, $"{target.Path} appeared meanwhile.", "Look at what made it; nothing was changed there.");
                    Durable.SyncDirectory(target.Parent);
                    File.Delete(Path.Combine(target.Path, StagingDirectory.Marker));
                    if (manager.LockProvider is null)
                        File.Delete(Path.Combine(target.Path, LockFileProvider.FileName));
                    Durable.SyncDirectory(target.Path);
                    return Result(context.Value, staged, 0, null);
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<RestoreResult> ReplaceAsync(BackupManifest manifest, RestoreTarget target, IndexEngine engine, CancellationToken cancellationToken)
    {
        using var packs = new PackedFileReader(repository, manifest);
        var plan = await PlanAsync(manifest, target, packs, cancellationToken).ConfigureAwait(false);
        using var context = Open(manifest, target, engine, plan.Method);
        var result = plan.Method == RestoreMethod.Exchange
            ? await ExchangeAsync(context.Value, cancellationToken).ConfigureAwait(false)
            : await InPlaceAsync(context.Value, plan.MethodReason ?? "", cancellationToken).ConfigureAwait(false);
        if (target.State == TargetState.Index)
            RestoreLog.Replaced(_logger, target.Path);
        return result;
    }

    private async Task<RestoreResult> ExchangeAsync(RestoreContext context, CancellationToken cancellationToken)
    {
        using var staging = StagingDirectory.Create(context.Target);
        var staged = await StageAsync(context, staging.Path, "", cancellationToken).ConfigureAwait(false);
        var swap = new DirectorySwap(context, staged, manager.TimeProvider);
        await swap.RunAsync(options.KeepPrevious, cancellationToken).ConfigureAwait(false);
        _warnings.AddRange(swap.Warnings);
        return Result(context, staged, swap.ForeignFiles, swap.Previous);
    }

    private async Task<RestoreResult> InPlaceAsync(RestoreContext context, string reason, CancellationToken cancellationToken)
    {
        var target = context.Target.Path;
        var root = InPlaceJournal.PathIn(target);
        StagingDirectory.CreatePrivate(root);
        try
        {
            StagingDirectory.CreatePrivate(Path.Combine(root, InPlaceJournal.OldDirectory));
            var directory = Path.Combine(root, InPlaceJournal.NewDirectory);
            StagingDirectory.CreatePrivate(directory);
            var staged = await StageAsync(context, directory, $", {reason}", cancellationToken).ConfigureAwait(false);
            var previous = options.KeepPrevious && context.Target.State == TargetState.Index ? CopyPrevious(context) : null;
            await new InPlaceSwap(context, staged).RunAsync(cancellationToken).ConfigureAwait(false);
            return Result(context, staged, CountFiles(context.Target), previous);
        }
        catch when (Directory.Exists(root) && !InPlaceJournal.Exists(target))
        {
            Directory.Delete(root, recursive: true);
            throw;
        }
    }

    private string CopyPrevious(RestoreContext context)
    {
        try
        {
            return PreviousIndex.Copy(context.Target.Path, context.Engine, manager.TimeProvider);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new SegvaultException(
                ErrorCode.PermissionDenied,
                $"The old index cannot be kept beside {context.Target.Path}: {context.Target.Parent} cannot be written.",
                "Leave out --keep-previous, or back the old index up first.",
                exception);
        }
    }

    private async Task<StagedIndex> StageAsync(RestoreContext context, string directory, string reason, CancellationToken cancellationToken)
    {
        RestoreLog.Started(_logger, context.Manifest.Id, context.Target.Path, context.Method, reason);
        var staged = new StagedIndex(context, directory);
        await staged.WriteAsync(cancellationToken).ConfigureAwait(false);
        RestoreLog.Staged(_logger, context.Manifest.Files.Length, context.Packs.BytesFetched, staged.BytesReused);
        return staged;
    }

    private RestoreResult Result(RestoreContext context, StagedIndex staged, int foreignFiles, string? previous)
    {
        foreach (var file in staged.DamagedFiles)
            Warn(ErrorCode.SourceDamaged, $"{file} was damaged or missing when this backup was taken, and is so in the restored index.");
        if (context.Owner.Failed)
            Warn(ErrorCode.OwnerNotSet, $"The owner of files in {context.Target.Path} could not be set: only root may give files away.");
        if (context.Target.State == TargetState.Index)
            Warn(ErrorCode.ReopenWriter, "Readers reload by themselves; reopen the index (restart the application) before writing to it.");
        var manifest = context.Manifest;
        var result = new RestoreResult
        {
            Backup = manifest.Id,
            Target = context.Target.Path,
            Method = context.Method,
            Files = manifest.Files.Length,
            Bytes = manifest.TotalSize,
            BytesFetched = context.Packs.BytesFetched,
            BytesReused = staged.BytesReused,
            ForeignFiles = foreignFiles,
            Documents = staged.Commit!.Documents,
            Previous = previous,
            DamagedFiles = [.. staged.DamagedFiles.Order(StringComparer.Ordinal)],
            Warnings = [.. _warnings],
            Elapsed = manager.TimeProvider.GetElapsedTime(_started),
        };
        RestoreLog.Completed(_logger, result.Backup, result.Target, result.Elapsed);
        return result;
    }

    private OpenContext Open(BackupManifest manifest, RestoreTarget target, IndexEngine engine, RestoreMethod method) =>
        new(new RestoreContext(manifest, engine, target, method, new OwnerPolicy(target, options), new PackedFileReader(repository, manifest), progress));

    private static int CountFiles(RestoreTarget target) => target.ForeignNames.Sum(name =>
    {
        var path = Path.Combine(target.Path, name);
        return FileStatus.TryRead(path)?.Kind == FileKind.Directory
            ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Count()
            : 1;
    });

    /// <summary>A new index directory gets the permissions that creating a directory gives, not those of a private one.</summary>
    private static void MakeAccessible(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        var sample = Path.Combine(directory, $".segvault-mode-{Guid.NewGuid():n}");
        var mode = File.GetUnixFileMode(Directory.CreateDirectory(sample).FullName);
        Directory.Delete(sample);
        FileOwnership.TryChangeMode(directory, mode);
    }

    private void Warn(string code, string message) => _warnings.Add(new OperationWarning(code, message));

    private sealed record OpenContext(RestoreContext Value) : IDisposable
    {
        public void Dispose() => Value.Packs.Dispose();
    }
}
