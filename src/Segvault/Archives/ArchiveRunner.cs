using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Segvault.Backup;
using Segvault.Content;
using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Archives;

/// <summary>Makes one archive: lock, flush, pin, read and decide, write, publish.</summary>
internal sealed class ArchiveRunner(ArchiveDirectory directory, BackupManagerOptions manager, BackupOptions options, IProgress<OperationProgress>? progress)
{
    private readonly ILogger _logger = manager.LoggerFactory.CreateLogger("Segvault.Archives");
    private readonly List<OperationWarning> _warnings = [];
    private readonly long _started = manager.TimeProvider.GetTimestamp();

    public Task<BackupResult> RunAsync(IndexSource source, CancellationToken cancellationToken) =>
        PinnedAsync(
            source,
            async (pinned, catalog, token) =>
            {
                ArchiveWriter.RemoveLeftovers(directory.Path);
                var decision = Decide(pinned, catalog, token);
                return decision.IsUnchanged ? Unchanged(pinned, catalog, decision) : await WriteAsync(pinned, catalog, decision, token).ConfigureAwait(false);
            },
            cancellationToken);

    public Task<BackupPlan> PlanAsync(IndexSource source, CancellationToken cancellationToken) =>
        PinnedAsync(source, (pinned, catalog, token) => Task.FromResult(Describe(pinned, catalog, Decide(pinned, catalog, token))), cancellationToken);

    private Task<T> PinnedAsync<T>(IndexSource source, Func<PinnedBackup, ArchiveCatalog, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var session = new SnapshotSession(manager, new SnapshotAccess(options.Wait, options.RequireIdle, options.LockName), _logger, _warnings);
        return session.RunAsync(
            source,
            index => ArchiveDirectory.EnsureNotInside(directory.Path, index, $"The index {index}", "Keep archives outside the index directory."),
            async token =>
            {
                var directories = directory.Options.BaseDirectories.Select(Path.GetFullPath).Prepend(directory.Path);
                var catalog = await ArchiveCatalog.LoadAsync(directories, token).ConfigureAwait(false);
                var name = options.Name ?? BackupName.Of(source);
                BackupLog.Started(_logger, source.Path, name, options.Type);
                return (name, catalog);
            },
            (snapshot, prepared, locked, token) =>
            {
                var newest = ArchivePlanner.FindNewest(prepared.catalog, ArchivedIndex.Of(source, options, prepared.name));
                var summary = newest is null ? null : prepared.catalog.Summarize(newest);
                var pinned = new PinnedBackup(source, prepared.name, snapshot, summary, locked, summary is null ? null : new EarlierState(summary, newest!.Manifest.Backup));
                return work(pinned, prepared.catalog, token);
            },
            cancellationToken);
    }

    private ArchiveDecision Decide(PinnedBackup pinned, ArchiveCatalog catalog, CancellationToken cancellationToken)
    {
        var decision = new ArchivePlanner(pinned, catalog, options).Decide(progress, cancellationToken);
        BackupLog.Decided(_logger, decision.Type, decision.BytesToStore, decision.Files.Length - decision.Stored.Count(), decision.Base?.Name);
        if (decision.NoBaseReason is { } reason)
        {
            _warnings.Add(new OperationWarning(
                ErrorCode.NoBase, decision.Base is null ? $"A full archive instead of an incremental one: {reason}." : $"{decision.Base.Name} is the base, because {reason}."));
        }

        _warnings.AddRange(SourceWarnings.For(pinned, decision.Damaged, ImmutableDictionary<string, string>.Empty, decision.Damaged.Keys));
        EnsureSpace(decision);
        return decision;
    }

    /// <summary>What is stored may shrink, by how much is not known before: an archive that needs less than half is tried.</summary>
    private void EnsureSpace(ArchiveDecision decision)
    {
        if (DiskSpace.Available(directory.Path) is { } available && decision.BytesToStore / 2 > available)
        {
            throw new RefusedException(
                ErrorCode.NotEnoughSpace,
                $"The archive needs about {decision.BytesToStore / 2} bytes, and {directory.Path} has {available} free.",
                "Free some space there, or choose another directory.");
        }
    }

    private async Task<BackupResult> WriteAsync(PinnedBackup pinned, ArchiveCatalog catalog, ArchiveDecision decision, CancellationToken cancellationToken)
    {
        var manifest = new ArchiveManifestBuilder(pinned, decision, options, manager.TimeProvider).Build(out var generated);
        var writer = ArchiveWriter.Create(directory.Path, directory.Options.Format, directory.Options.Level);
        await using (writer.ConfigureAwait(false))
        {
            await writer.WriteManifestAsync(ArchiveManifestWriter.ToBytes(manifest), manifest.Backup.CreatedAt, cancellationToken).ConfigureAwait(false);
            var done = 0L;
            foreach (var (file, source) in InOrder(manifest, decision))
                await StoreAsync(pinned, writer, file, source, read => progress?.Report(new OperationProgress("read", done += read, decision.BytesToStore)), cancellationToken).ConfigureAwait(false);
            foreach (var (file, content) in generated)
                await writer.WriteAsync(file, content, cancellationToken).ConfigureAwait(false);
            var backup = manifest.Backup;
            var published = await writer.PublishAsync(
                attempt => ArchiveName.For(backup.Type, backup.CreatedAt, directory.Options.Format, attempt), cancellationToken).ConfigureAwait(false);
            return Complete(pinned, catalog, decision, published!);
        }
    }

    /// <summary>The commit file comes right after the manifest: who reads the archive needs it first.</summary>
    private static IEnumerable<(BackupFile File, SnapshotFile Source)> InOrder(ArchiveManifest manifest, ArchiveDecision decision)
    {
        var files = manifest.Backup.Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        return decision.Stored
            .OrderBy(file => file.Source.Role == EngineFileRole.Commit ? 0 : 1)
            .ThenBy(file => file.Source.Path, StringComparer.Ordinal)
            .Select(file => (files[file.Source.Path], file.Source));
    }

    /// <summary>Reads a file again, and sees that it is still what the manifest says.</summary>
    private static async Task StoreAsync(
        PinnedBackup pinned, ArchiveWriter writer, BackupFile file, SnapshotFile source, Action<int> onRead, CancellationToken cancellationToken)
    {
        var member = await writer.BeginAsync(file, cancellationToken).ConfigureAwait(false);
        var sink = new HashedSink(member, file, () => SourceFileChecks.Changed(pinned.Snapshot, source), onRead);
        await using (sink.ConfigureAwait(false))
        {
            await new SourceReader(pinned.Snapshot).ReadAsync(source, read => sink.AppendAsync(read, cancellationToken), cancellationToken).ConfigureAwait(false);
            await sink.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private BackupResult Complete(PinnedBackup pinned, ArchiveCatalog catalog, ArchiveDecision decision, CatalogedArchive archive)
    {
        var result = Result(pinned, decision, catalog.Summarize(archive)) with
        {
            BytesRead = decision.BytesRead + decision.BytesToStore,
            BytesNew = decision.BytesToStore,
            BytesStored = archive.Length,
        };
        BackupLog.Completed(_logger, archive.Manifest.Backup.Id, archive.Length, result.Elapsed);
        return result;
    }

    private BackupResult Unchanged(PinnedBackup pinned, ArchiveCatalog catalog, ArchiveDecision decision)
    {
        BackupLog.Unchanged(_logger, decision.Base!.Manifest.Backup.Id);
        return Result(pinned, decision, catalog.Summarize(decision.Base)) with { Unchanged = true };
    }

    private BackupResult Result(PinnedBackup pinned, ArchiveDecision decision, BackupSummary backup) => new()
    {
        Backup = backup,
        Locked = pinned.Locked,
        ForeignFiles = pinned.Snapshot.ForeignFiles.Length,
        EngineLockHeld = pinned.Snapshot.EngineLockHeld,
        DamagedFiles = [.. decision.Damaged.Keys.Order(StringComparer.Ordinal)],
        BytesRead = decision.BytesRead,
        Warnings = [.. _warnings],
        Elapsed = manager.TimeProvider.GetElapsedTime(_started),
    };

    private BackupPlan Describe(PinnedBackup pinned, ArchiveCatalog catalog, ArchiveDecision decision) => new()
    {
        Type = decision.Type,
        Base = decision.Base?.Manifest.Backup.Id,
        BaseArchive = decision.Base?.Name,
        Needs = [.. decision.Needs],
        UnchangedSince = decision.IsUnchanged ? catalog.Summarize(decision.Base!) : null,
        Name = pinned.Name,
        Engine = pinned.Snapshot.Engine,
        Documents = pinned.Snapshot.Commit.Documents,
        Segments = pinned.Snapshot.Commit.Segments.Length,
        Bytes = pinned.Snapshot.Files.Sum(file => file.Length),
        ForeignFiles = pinned.Snapshot.ForeignFiles.Length,
        Files = [.. decision.Files.Select(file => new PlannedFile(file.Source.Path, file.Source.Length, file.Archive is not null))],
        Locked = pinned.Locked,
        DamagedFiles = [.. decision.Damaged.Keys.Order(StringComparer.Ordinal)],
        Flags = ManifestFrame.Flags(pinned, decision.Damaged.Count > 0),
        Warnings = [.. _warnings],
    };
}
