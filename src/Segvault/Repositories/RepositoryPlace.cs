using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Segvault.Backup;
using Segvault.Content;
using Segvault.Engines;
using Segvault.Verify;

namespace Segvault.Repositories;

/// <summary>A repository as a place where backups are kept.</summary>
internal sealed class RepositoryPlace(RepositoryObjects repository) : IBackupPlace
{
    public Task<BackupResult> CreateAsync(
        IndexSource source, BackupOptions options, BackupManagerOptions manager, IProgress<OperationProgress>? progress, CancellationToken cancellationToken) =>
        new BackupRunner(repository, manager, options, progress).RunAsync(source, cancellationToken);

    public Task<BackupPlan> PlanAsync(
        IndexSource source, BackupOptions options, BackupManagerOptions manager, IProgress<OperationProgress>? progress, CancellationToken cancellationToken) =>
        new BackupRunner(repository, manager, options, progress).PlanAsync(source, cancellationToken);

    public async IAsyncEnumerable<BackupSummary> ListAsync(string? name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        foreach (var record in state.LiveRecords.Where(record => name is null || record.Add.Name == name))
            yield return record.ToSummary();
        if (state.Obstacle is { } obstacle)
            throw obstacle;
    }

    public async Task<BackupSummary> FindAsync(string backup, string? name, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        if (state.Obstacle is not null && BackupId.TryParse(backup, null, out var id) && state.FindLive(id) is null)
        {
            var manifest = await repository.Manifests.ReadAsync(id, null, cancellationToken).ConfigureAwait(false);
            return ManifestBuilder.ToLogEntry(manifest, [], 0, "").ToSummary();
        }

        try
        {
            return BackupFinder.Find([.. state.LiveRecords.Select(record => record.ToSummary())], state.Obstacle, backup, name, at, repository.Store.Location);
        }
        catch (BackupNotFoundException) when (FindDeleted(state, backup) is { } deleted)
        {
            throw Deleted(deleted);
        }
    }

    public async Task<BackupManifest> GetManifestAsync(BackupId backup, CancellationToken cancellationToken)
    {
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        var add = state.FindLive(backup) ?? state.Live.FirstOrDefault(live => live.FormerIds?.Contains(backup.ToString()) == true);
        if (add is not null || state.Obstacle is not null)
            return await ReadManifestAsync(add?.Id ?? backup, add?.ManifestSha256, cancellationToken).ConfigureAwait(false);
        throw FindDeleted(state, backup.ToString()) is { } deleted
            ? Deleted(deleted)
            : new BackupNotFoundException(ErrorCode.BackupNotFound, $"There is no backup {backup} in {repository.Store.Location}.", "`segvault list` shows the ids.");
    }

    private static AddBody? FindDeleted(LogState state, string prefix) =>
        prefix.Length >= BackupFinder.ShortestPrefix && state.Removed.Where(record => record.Add.Backup.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).Take(2).ToList() is [var only]
            ? only.Add
            : null;

    private BackupNotFoundException Deleted(AddBody add) => new(
        ErrorCode.BackupNotFound,
        $"Backup {add.Id} of '{add.Name}' was deleted from {repository.Store.Location}.",
        $"Until it is collected, `segvault undelete {add.Id.ToShortString()}` brings it back.");

    private async Task<BackupManifest> ReadManifestAsync(BackupId backup, string? sha256, CancellationToken cancellationToken)
    {
        try
        {
            return await repository.Manifests.ReadAsync(backup, sha256, cancellationToken).ConfigureAwait(false);
        }
        catch (DamageException)
        {
            if (await RemovedMeanwhile.ExplainAsync(repository, backup, cancellationToken).ConfigureAwait(false) is { } removed)
                throw removed;
            throw;
        }
    }

    public Task<BackupManifest> GetManifestAsync(BackupSummary backup, CancellationToken cancellationToken) => GetManifestAsync(backup.Id, cancellationToken);

    public Task<VerifyReport> VerifyAsync(
        VerifyOptions options, BackupManagerOptions manager, IProgress<OperationProgress>? progress, CancellationToken cancellationToken) =>
        new VerifyRunner(repository, manager, options, progress).RunAsync(cancellationToken);

    public Task<OperationWarning?> RecordDrillAsync(DrillBody verdict, ILogger logger, CancellationToken cancellationToken) =>
        new VerificationRecord(repository, logger).DrillAsync(verdict, cancellationToken);

    public Task<ContentSource> OpenContentAsync(BackupManifest manifest, RestoreOptions options, CancellationToken cancellationToken) =>
        Task.FromResult<ContentSource>(new PackedContent(repository, manifest));

    public void EnsureTargetApart(string directory, string path) =>
        repository.EnsureApart(directory, $"The target {path}", "Restore to a place outside the repository.");
}
