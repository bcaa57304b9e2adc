using Microsoft.Extensions.Logging;
using Segvault.Content;
using Segvault.Engines;
using Segvault.IO;
using Segvault.Locking;

namespace Segvault.Restore;

/// <summary>Restores one backup: plan, lock, stage, check, swap.</summary>
internal sealed class RestoreRunner(
    IBackupPlace place, BackupManagerOptions manager, RestoreOptions options, IProgress<OperationProgress>? progress)
{
    private readonly ILogger _logger = manager.LoggerFactory.CreateLogger("Segvault.Restore");
    private readonly List<OperationWarning> _warnings = [];
    private readonly long _started = manager.TimeProvider.GetTimestamp();
    private SalvagedBackup? _salvaged;

    public async Task<RestorePlan> PlanAsync(BackupManifest manifest, string path, CancellationToken cancellationToken)
    {
        var (engine, directory) = EnsureAllowed(manifest, path);
        manifest = await SalvageAsync(manifest, engine, directory, cancellationToken).ConfigureAwait(false);
        var content = await OpenAsync(manifest, cancellationToken).ConfigureAwait(false);
        await using var _ = content.ConfigureAwait(false);
        return (await PlanAsync(manifest, RestoreTarget.Inspect(directory, engine, options), engine, content, cancellationToken).ConfigureAwait(false)).Plan;
    }

    public async Task<RestoreResult> RunAsync(BackupManifest manifest, string path, CancellationToken cancellationToken)
    {
        var (engine, directory) = EnsureAllowed(manifest, path);
        manifest = await SalvageAsync(manifest, engine, directory, cancellationToken).ConfigureAwait(false);

        // What an interrupted restore left is no index that has to be protected, and is settled only once the target is locked.
        if (!InPlaceJournal.IsPending(directory))
        {
            var target = RestoreTarget.Inspect(directory, engine, options);
            if (target.State == TargetState.Absent)
                return await CreateAsync(manifest, target, engine, cancellationToken).ConfigureAwait(false);
        }

        var indexLock = await LockAsync(directory, cancellationToken).ConfigureAwait(false);
        await using (indexLock.ConfigureAwait(false))
        {
            return await indexLock.RunAsync(token => LockedAsync(manifest, directory, engine, token), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<RestoreResult> LockedAsync(BackupManifest manifest, string directory, IndexEngine engine, CancellationToken cancellationToken)
    {
        InPlaceRecovery.Run(directory, engine, mayPutOff: false, manager.TimeProvider, _warnings);

        // What was there before the lock was held may have changed.
        var target = RestoreTarget.Inspect(directory, engine, options);
        if (target.State == TargetState.Absent)
            throw IndexDirectory.Vanished(directory);
        StagingDirectory.RemoveLeftovers(target, locked: true, engine, manager.TimeProvider, _warnings);
        using var writer = target.State == TargetState.Index || target.HasEngineLocks
            ? await EngineLocks.LockWriterAsync(engine, directory, options.Wait, manager.TimeProvider, cancellationToken).ConfigureAwait(false)
            : null;
        var content = await OpenAsync(manifest, cancellationToken).ConfigureAwait(false);
        await using var _ = content.ConfigureAwait(false);
        var (plan, context) = await PlanAsync(manifest, target, engine, content, cancellationToken).ConfigureAwait(false);
        var result = plan.Method == RestoreMethod.Exchange
            ? await ExchangeAsync(context, cancellationToken).ConfigureAwait(false)
            : await InPlaceAsync(context, plan.MethodReason ?? "", cancellationToken).ConfigureAwait(false);
        if (target.State == TargetState.Index)
            RestoreLog.Replaced(_logger, target.Path);
        return result;
    }

    /// <summary>What must hold before anything is looked at: the engine of the backup, and the real path of the target.</summary>
    private (IndexEngine Engine, string Directory) EnsureAllowed(BackupManifest manifest, string path)
    {
        EnsureMayBePartial(options, manifest);
        var engine = IndexEngines.All.FirstOrDefault(engine => engine.Name == manifest.Engine)
            ?? throw new UnsupportedFormatException($"Backup {manifest.Id.ToShortString()} is of an index of {manifest.Engine}, which this version does not know.");
        SafeNames.Ensure(manifest, engine, OperatingSystem.IsWindows());
        var directory = RealPath.Resolve(path);
        place.EnsureTargetApart(directory, path);
        return (engine, directory);
    }

    private static void EnsureMayBePartial(RestoreOptions options, BackupManifest manifest)
    {
        if (options.AllowPartial && options.IfTargetExists == IfTargetExists.Replace)
            throw new ArgumentException("What is left of a backup replaces nothing: AllowPartial needs a new or empty target.", nameof(options));
        if (options.AllowPartial && manifest.Archive is not null)
            throw new ArgumentException("Archives are restored whole or not at all.", nameof(options));
    }

    /// <summary>What is to be restored: the backup, or with <see cref="RestoreOptions.AllowPartial"/> what is left of it.</summary>
    private async Task<BackupManifest> SalvageAsync(BackupManifest manifest, IndexEngine engine, string directory, CancellationToken cancellationToken)
    {
        if (!options.AllowPartial)
            return manifest;

        // Reading everything takes long: what would be refused is refused before.
        RestoreTarget.Inspect(directory, engine, options);
        var content = await place.OpenContentAsync(manifest, options, cancellationToken).ConfigureAwait(false);
        await using var _ = content.ConfigureAwait(false);
        _salvaged = await new BackupSalvage(manifest, engine, content, progress).RunAsync(cancellationToken).ConfigureAwait(false);
        if (_salvaged is not null)
            Warn(ErrorCode.PartlyLost, Describe(manifest, _salvaged, engine));
        return _salvaged?.Manifest ?? manifest;
    }

    private static string Describe(BackupManifest manifest, SalvagedBackup salvaged, IndexEngine engine)
    {
        var lost = $"Of backup {manifest.Id.ToShortString()}, {salvaged.LostFiles.Length} of {manifest.Files.Length} files are lost";
        return salvaged.Commit is { } commit
            ? $"{lost}. What is left of the index has {commit.Documents} of {manifest.Documents} documents, in {commit.Segments.Length} of {manifest.Segments.Length} segments."
            : $"{lost}, and without its commit file {engine.Name} can open nothing of it: the files alone are restored.";
    }

    private async Task<ContentSource> OpenAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        var content = await place.OpenContentAsync(manifest, options, cancellationToken).ConfigureAwait(false);
        return _salvaged?.Over(content) ?? content;
    }

    private Task<IndexLock> LockAsync(string directory, CancellationToken cancellationToken) =>
        IndexLock.AcquireAsync(manager.LockProvider, directory, options.LockName, options.Wait, false, cancellationToken);

    private async Task<(RestorePlan Plan, RestoreContext Context)> PlanAsync(
        BackupManifest manifest, RestoreTarget target, IndexEngine engine, ContentSource content, CancellationToken cancellationToken)
    {
        var (method, reason) = RestorePlanner.ChooseMethod(target, options);
        var context = new RestoreContext(manifest, engine, target, method, new OwnerPolicy(target, engine, options), content, progress) { Salvaged = _salvaged };
        var toFetch = 0L;
        foreach (var file in manifest.Files.Where(file => !RestorePlanner.MayReuse(context, file)))
            toFetch += await content.StoredLengthAsync(file, cancellationToken).ConfigureAwait(false);
        if (method == RestoreMethod.InPlace && _salvaged is not null)
        {
            throw new RefusedException(
                ErrorCode.TargetExists,
                $"What is left of a backup is not put into {target.Path} file by file, which would be needed here: {reason}.",
                "Restore to a directory that does not exist yet.");
        }

        var plan = RestorePlanner.Plan(context, reason, toFetch, [.. _warnings]);
        RestorePlanner.EnsureSpace(plan);
        return (plan, context);
    }

    /// <summary>Nothing is there yet: the finished directory is moved to its place, with its lock held.</summary>
    private async Task<RestoreResult> CreateAsync(BackupManifest manifest, RestoreTarget target, IndexEngine engine, CancellationToken cancellationToken)
    {
        StagingDirectory.RemoveLeftovers(target, locked: false, engine, manager.TimeProvider, _warnings);
        var content = await OpenAsync(manifest, cancellationToken).ConfigureAwait(false);
        await using var _ = content.ConfigureAwait(false);
        var (_, context) = await PlanAsync(manifest, target, engine, content, cancellationToken).ConfigureAwait(false);
        using var staging = StagingDirectory.Create(target);
        var indexLock = await LockAsync(manager.LockProvider is null ? staging.Path : target.Path, cancellationToken).ConfigureAwait(false);
        await using (indexLock.ConfigureAwait(false))
        {
            return await indexLock.RunAsync(
                async token =>
                {
                    var staged = await StageAsync(context, staging.Path, "", token).ConfigureAwait(false);
                    context.Owner.Apply(staging.Path, staged.CommitOwner());
                    MakeAccessible(staging.Path);
                    token.ThrowIfCancellationRequested();
                    await MoveIntoPlaceAsync(staging, indexLock, target).ConfigureAwait(false);
                    return Result(context, staged, 0, null);
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task MoveIntoPlaceAsync(StagingDirectory staging, IndexLock indexLock, RestoreTarget target)
    {
        if (OperatingSystem.IsWindows())
        {
            // A directory with an open file in it cannot be moved there. Whoever comes first to a name that is not taken has it all the same.
            staging.Release();
            await indexLock.DisposeAsync().ConfigureAwait(false);
        }

        if (!AtomicRename.TryMoveIfAbsent(staging.Path, target.Path))
            throw new RefusedException(ErrorCode.TargetExists, $"{target.Path} appeared meanwhile.", "Look at what made it; nothing was changed there.");

        // The index is in place: what goes wrong from here on is told.
        try
        {
            Durable.SyncDirectory(target.Parent);

            // If a power cut brings these back, the next run on the index removes them.
            File.Delete(Path.Combine(target.Path, StagingDirectory.Marker));
            if (manager.LockProvider is null)
                File.Delete(Path.Combine(target.Path, LockFileProvider.FileName));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Warn(ErrorCode.LeftoverFound, $"The index was restored, but may not survive a power cut, or a file of the restore is left in it: {exception.Message}");
        }
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
        var foreignFiles = ForeignFiles.CountIn(target, context.Target.ForeignNames);
        try
        {
            StagingDirectory.CreatePrivate(InPlaceJournal.PathIn(target));
            StagingDirectory.CreatePrivate(InPlaceJournal.OldIn(target));
            StagingDirectory.CreatePrivate(InPlaceJournal.NewIn(target));
            var staged = await StageAsync(context, InPlaceJournal.NewIn(target), $", {reason}", cancellationToken).ConfigureAwait(false);
            using var copy = options.KeepPrevious && context.Target.State == TargetState.Index ? CopyPrevious(context) : null;
            var swap = new InPlaceSwap(context, staged, manager.TimeProvider);
            await swap.RunAsync(copy, cancellationToken).ConfigureAwait(false);
            _warnings.AddRange(swap.Warnings);
            return Result(context, staged, foreignFiles, swap.Previous);
        }
        catch when (InPlaceJournal.IsPending(target) && !InPlaceJournal.Exists(target))
        {
            RemoveStaging(target);
            throw;
        }
    }

    private static void RemoveStaging(string target)
    {
        try
        {
            InPlaceJournal.Remove(target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Why the restore failed is the better message. The next run removes what is left.
        }
    }

    private static StagingDirectory CopyPrevious(RestoreContext context)
    {
        try
        {
            return PreviousIndex.Copy(context.Target, context.Engine);
        }
        catch (SegvaultException exception) when (exception.Code == ErrorCode.PermissionDenied)
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
        RestoreLog.Staged(_logger, context.Manifest.Files.Length, context.Content.BytesFetched, staged.BytesReused);
        return staged;
    }

    private RestoreResult Result(RestoreContext context, StagedIndex staged, int foreignFiles, string? previous)
    {
        foreach (var file in staged.DamagedFiles)
            Warn(ErrorCode.SourceDamaged, $"{file} was damaged or missing when this backup was taken, and is so in the restored index.");
        GiveToAsked(context);
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
            BytesFetched = context.Content.BytesFetched,
            BytesReused = staged.BytesReused,
            ForeignFiles = foreignFiles,
            Documents = staged.Commit?.Documents ?? 0,
            LostFiles = _salvaged?.LostFiles ?? [],
            LostSegments = _salvaged?.LostSegments ?? [],
            LostDocuments = _salvaged?.LostDocuments ?? 0,
            Previous = previous,
            DamagedFiles = [.. staged.DamagedFiles.Order(StringComparer.Ordinal)],
            Warnings = [.. _warnings],
            Elapsed = manager.TimeProvider.GetElapsedTime(_started),
        };
        RestoreLog.Completed(_logger, result.Backup, result.Target, result.Elapsed);
        return result;
    }

    /// <summary>The directory and its lock files are those that were there, and belong to the owner of before unless another was asked for.</summary>
    private void GiveToAsked(RestoreContext context)
    {
        if (options.Owner is null)
            return;
        context.Owner.ApplyAsked(context.Target.Path);
        foreach (var lockFile in context.Engine.LockFiles)
            context.Owner.ApplyAsked(Path.Combine(context.Target.Path, lockFile));
    }

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
}
