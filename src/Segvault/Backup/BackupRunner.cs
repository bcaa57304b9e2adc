using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Segvault.Chunks;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>Takes one backup: lock, flush, pin, decide, store, commit.</summary>
internal sealed class BackupRunner(RepositoryObjects repository, BackupManagerOptions manager, BackupOptions options, IProgress<OperationProgress>? progress)
{
    private readonly ILogger _logger = manager.LoggerFactory.CreateLogger("Segvault.Backup");
    private readonly List<OperationWarning> _warnings = [];
    private readonly Pace? _pace = Pace.Of(options.BytesPerSecond, manager.TimeProvider);
    private readonly long _started = manager.TimeProvider.GetTimestamp();

    public Task<BackupResult> RunAsync(IndexSource source, CancellationToken cancellationToken) =>
        PinnedAsync(source, StoreAsync, cancellationToken);

    public Task<BackupPlan> PlanAsync(IndexSource source, CancellationToken cancellationToken) =>
        PinnedAsync(source, DescribeAsync, cancellationToken);

    private Task<T> PinnedAsync<T>(IndexSource source, Func<PinnedBackup, LogState, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var session = new SnapshotSession(manager, new SnapshotAccess(options.Wait, options.RequireIdle, options.LockName), _logger, _warnings);
        return session.RunAsync(
            source,
            directory => repository.EnsureApart(directory, $"The index {directory}", "Keep the repository outside the index directory."),
            async token =>
            {
                var state = await repository.Log.FoldAsync(token).ConfigureAwait(false);
                state.EnsureWritable(repository.Store.Location);
                var name = BackupName.Choose(source, options, state);
                BackupLog.Started(_logger, source.Path, name, options.Type);
                return (name, state);
            },
            async (snapshot, prepared, locked, token) =>
            {
                var earlier = await EarlierStates.FindAsync(repository, prepared.state, prepared.name, _logger, token).ConfigureAwait(false);
                var pinned = new PinnedBackup(source, prepared.name, snapshot, prepared.state.NewestOf(prepared.name)?.ToSummary(), locked, earlier);
                return await work(pinned, prepared.state, token).ConfigureAwait(false);
            },
            cancellationToken);
    }

    private async Task<BackupPlan> DescribeAsync(PinnedBackup pinned, LogState state, CancellationToken cancellationToken)
    {
        var (decision, _, _) = await DecideAsync(pinned, state, [], null, cancellationToken).ConfigureAwait(false);
        var snapshot = pinned.Snapshot;
        _warnings.AddRange(SourceWarnings.For(pinned, decision.Damaged, decision.Rotted, decision.Damaged.Keys));
        return new BackupPlan
        {
            Type = TypeOf(decision),
            Base = decision.Base,
            UnchangedSince = IsUnchanged(decision) ? pinned.Newest : null,
            Name = pinned.Name,
            Engine = snapshot.Engine,
            Documents = snapshot.Commit.Documents,
            Segments = snapshot.Commit.Segments.Length,
            Bytes = snapshot.Files.Sum(file => file.Length),
            ForeignFiles = snapshot.ForeignFiles.Length,
            Files = [.. decision.Files.Select(file => new PlannedFile(file.File.Path, file.File.Length, file.Reuse is not null))],
            Locked = pinned.Locked,
            DamagedFiles = [.. decision.Damaged.Keys, .. decision.Rotted.Keys],
            Flags = ManifestFrame.Flags(pinned, decision.Damaged.Count > 0),
            Warnings = [.. _warnings],
        };
    }

    private async Task<BackupResult> StoreAsync(PinnedBackup pinned, LogState state, CancellationToken cancellationToken)
    {
        var packs = new PackSet(repository, manager.TimeProvider, _logger);
        await using (packs.ConfigureAwait(false))
        {
            var commit = new BackupCommit(repository, _logger);
            var source = pinned.Source;
            BackupManifest? own = null;
            var bytesRead = 0L;
            while (true)
            {
                var (decision, resumable, known) = await DecideAsync(pinned, state, packs.Packs, own, cancellationToken).ConfigureAwait(false);
                if (IsUnchanged(decision) && own is null)
                {
                    // "Unchanged" promises that the backup named is there now, not when this one began.
                    var unchanged = new UnchangedState(repository, decision.Newest!, pinned.Snapshot.PinnedAt, _logger);
                    state = await unchanged.RecordAsync(_warnings, cancellationToken).ConfigureAwait(false);
                    if (unchanged.FindIn(state) is { } holder)
                        return Unchanged(pinned, holder, decision);
                    continue;
                }

                if (resumable is not null)
                    await packs.HoldAsync(resumable, cancellationToken).ConfigureAwait(false);
                own = await StoreAsync(pinned, decision, packs, resumable, known, cancellationToken).ConfigureAwait(false);
                bytesRead += decision.BytesToStore;
                if (await commit.RunAsync(own, packs, current => BackupName.EnsureFree(source, options, pinned.Name, current), cancellationToken).ConfigureAwait(false) is { } committed)
                    return Result(pinned, committed, decision, own, bytesRead, packs);
                BackupLog.PackCollected(_logger);
                state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<(BackupDecision Decision, ResumablePacks? Resumable, KnownChunks? Known)> DecideAsync(
        PinnedBackup pinned, LogState state, IReadOnlyList<PackReference> written, BackupManifest? own, CancellationToken cancellationToken)
    {
        var stored = await repository.ListStoredPacksAsync(cancellationToken).ConfigureAwait(false);
        var packsSeen = stored.ToDictionary(pack => pack.Key, pack => pack.Value.Length);
        var parents = await ParentCatalog.LoadAsync(
            repository, state, packsSeen, pinned.Name, pinned.Snapshot, own, pinned.Earlier?.Manifest, _logger, cancellationToken).ConfigureAwait(false);
        var decision = new BackupPlanner(pinned.Snapshot, parents, options, _pace).Decide(progress, cancellationToken);
        BackupLog.Decided(_logger, TypeOf(decision), decision.BytesToStore, decision.Files.Count(file => file.Reuse is not null), decision.Base?.ToString());
        var resumable = options.Type == BackupType.Full || decision.BytesToStore < ResumablePacks.WorthLooking
            ? null
            : await ResumablePacks.FindAsync(repository, state, stored.Values, pinned.Name, parents.Manifests, written, cancellationToken).ConfigureAwait(false);
        if (resumable is not null)
            BackupLog.Resumable(_logger, resumable.Packs.Length, resumable.Length);
        var layoutOf = pinned.Snapshot.Commit.LayoutOf;
        var known = options.Type == BackupType.Full || !decision.Files.Any(file => file.Reuse is null && PackGroup.CutsByContent(file.File, layoutOf))
            ? null
            : await KnownChunks.LoadAsync(repository, state, packsSeen, parents.Manifests, pinned.Snapshot, cancellationToken).ConfigureAwait(false);
        BackupSpace.Ensure(repository.Store, decision, (resumable?.Length ?? 0) + (known?.Length ?? 0));
        return (decision, resumable, known);
    }

    private async Task<BackupManifest> StoreAsync(
        PinnedBackup pinned, BackupDecision decision, PackSet packs, ResumablePacks? resumable, KnownChunks? known, CancellationToken cancellationToken)
    {
        var damaged = new Dictionary<string, string>(decision.Damaged, StringComparer.Ordinal);
        var groups = PackGroup.Arrange(decision.Files.Where(file => file.Reuse is null).Select(file => file.File), pinned.Snapshot.Commit.LayoutOf);
        using var codec = new ChunkCodec(ChunkCompression.Of(options.Compression));
        var stored = await new PackingPipeline(packs, codec, resumable, known).StoreAsync(
            (open, token) => DeliverAsync(pinned.Snapshot, groups, open, damaged, decision.BytesToStore, token), cancellationToken).ConfigureAwait(false);
        return new ManifestBuilder(pinned, decision, packs, options, manager.TimeProvider).Build(stored, damaged, TypeOf(decision));
    }

    private async Task DeliverAsync(
        PinnedSnapshot snapshot, IReadOnlyList<PackGroup> groups, OpenStoredFile open, Dictionary<string, string> damaged, long total, CancellationToken cancellationToken)
    {
        var reader = new SourceReader(snapshot, _pace);
        var done = 0L;
        for (var group = 0; group < groups.Count; group++)
        {
            var placement = new PackPlacement(group, groups[group].TargetLength, groups[group].IsCutByContent);
            foreach (var file in groups[group].Files)
            {
                var sink = open(
                    file.Path,
                    snapshot.Commit.CheckContent(file.Path, file.Length),
                    snapshot.Commit.LayoutOf(file.Path),
                    placement,
                    verdict => RefuseDamage(snapshot, file, verdict, damaged));
                await using (sink.ConfigureAwait(false))
                {
                    await reader.ReadAsync(
                        file,
                        bytes =>
                        {
                            progress?.Report(new OperationProgress("read", done += bytes.Length, total));
                            return sink.AppendAsync(bytes, cancellationToken);
                        },
                        cancellationToken).ConfigureAwait(false);
                    await sink.CompleteAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private void RefuseDamage(PinnedSnapshot snapshot, SnapshotFile file, ContentVerdict verdict, Dictionary<string, string> damaged)
    {
        if (verdict.Problem is null)
            return;
        damaged.TryAdd(file.Path, verdict.Problem);
        if (!options.AllowDamaged)
            throw SourceFileChecks.Damaged(snapshot, [.. damaged.Select(entry => new IndexProblem(entry.Key, entry.Value))]);
    }

    private BackupResult Unchanged(PinnedBackup pinned, BackupRecord newest, BackupDecision decision)
    {
        BackupLog.Unchanged(_logger, newest.Add.Id);
        return Complete(pinned, newest.ToSummary(), decision, ImmutableArray<string>.Empty) with { Unchanged = true, BytesRead = decision.BytesRead };
    }

    private BackupResult Result(PinnedBackup pinned, BackupSummary backup, BackupDecision decision, BackupManifest manifest, long bytesRead, PackSet packs)
    {
        var damaged = manifest.Files.Where(file => file.Damaged).Select(file => file.Path).Concat(decision.Damaged.Keys).Distinct(StringComparer.Ordinal);
        var result = Complete(pinned, backup, decision, [.. damaged]) with
        {
            BytesRead = decision.BytesRead + bytesRead,
            BytesNew = bytesRead - packs.PlainBytesResumed - packs.PlainBytesKnown,
            BytesStored = packs.BytesStored,
            BytesResumed = packs.BytesResumed,
        };
        BackupLog.Completed(_logger, backup.Id, packs.BytesStored, result.Elapsed);
        return result;
    }

    private BackupResult Complete(PinnedBackup pinned, BackupSummary backup, BackupDecision decision, ImmutableArray<string> damaged)
    {
        _warnings.AddRange(SourceWarnings.For(pinned, decision.Damaged, decision.Rotted, damaged));
        return new BackupResult
        {
            Backup = backup,
            Locked = pinned.Locked,
            ForeignFiles = pinned.Snapshot.ForeignFiles.Length,
            EngineLockHeld = pinned.Snapshot.EngineLockHeld,
            DamagedFiles = [.. damaged, .. decision.Rotted.Keys],
            Warnings = [.. _warnings],
            Elapsed = manager.TimeProvider.GetElapsedTime(_started),
        };
    }

    private bool IsUnchanged(BackupDecision decision) => options.Type == BackupType.Incremental && decision.IsUnchanged;

    private static BackupType TypeOf(BackupDecision decision) => decision.Base is null ? BackupType.Full : BackupType.Incremental;
}
