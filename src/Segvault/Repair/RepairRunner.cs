using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Segvault.Repositories;
using Segvault.Verify;

namespace Segvault.Repair;

/// <summary>Repairs a repository: the log first, since it says what there should be; then everything that live backups need.</summary>
internal sealed class RepairRunner(
    RepositoryObjects repository, RepairOptions options, bool apply, TimeProvider timeProvider, ILogger logger, IProgress<OperationProgress>? progress)
{
    private readonly RepairFindings _findings = new();

    public async Task<RepairReport> RunAsync(CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        await new DescriptorRepair(repository, _findings, apply).RunAsync(cancellationToken).ConfigureAwait(false);
        var twin = RepositoryTwin.Of(repository, options.Repository, apply);
        var (state, addedAgain) = await new LogRepair(repository, twin, _findings, apply, logger).RunAsync(cancellationToken).ConfigureAwait(false);
        var scan = new ContentScan(repository, state, twin, _findings, apply, progress);
        var search = new ContentSearch(repository, state, scan, options, timeProvider);
        await using var _ = search.ConfigureAwait(false);
        await search.OpenAsync(cancellationToken).ConfigureAwait(false);
        await scan.RunAsync(cancellationToken).ConfigureAwait(false);
        var (mended, bytesStored) = await MendAsync(scan, search, state, cancellationToken).ConfigureAwait(false);
        await DeleteWrongCheckpointsAsync(cancellationToken).ConfigureAwait(false);
        if (apply)
            await repository.Store.BarrierAsync(cancellationToken).ConfigureAwait(false);
        return new RepairReport
        {
            DryRun = !apply,
            Problems = _findings.Problems,
            ObjectsPutBack = _findings.ObjectsPutBack,
            BackupsAddedAgain = [.. addedAgain.Select(add => add.ToSummary())],
            BackupsRepaired = mended,
            Backups = scan.Backups.Count + scan.LostBackups.Count,
            Packs = scan.Packs,
            Chunks = scan.Chunks,
            BytesRead = scan.BytesRead,
            BytesStored = bytesStored,
            Elapsed = timeProvider.GetElapsedTime(started),
        };
    }

    private async Task<(ImmutableArray<RepairedBackup> Mended, long BytesStored)> MendAsync(
        ContentScan scan, ContentSearch search, LogState state, CancellationToken cancellationToken)
    {
        if (apply)
            await RecordAsync(scan, state, cancellationToken).ConfigureAwait(false);
        var found = new Dictionary<string, FoundContent>(StringComparer.Ordinal);
        var mendable = new List<ScannedBackup>();
        foreach (var backup in scan.Backups.Where(backup => backup.NeedsCopy))
        {
            var whole = true;
            foreach (var file in backup.Broken)
            {
                if (await search.FindAsync(file, cancellationToken).ConfigureAwait(false) is { } content)
                    found[file.Sha256] = content;
                else
                    whole = false;
            }

            if (whole)
                mendable.Add(backup);
        }

        if (mendable.Count == 0)
            return ([], 0);
        if (!apply)
            return ([.. mendable.Select(backup => Heal(backup, backup.Add.ToSummary(), found))], 0);
        var mending = new BackupMending(repository, timeProvider, logger, progress);
        var mended = await mending.RunAsync(mendable, found, cancellationToken).ConfigureAwait(false);
        return ([.. mended.Select(pair => Heal(pair.Old, pair.New, found))], mending.BytesStored);
    }

    private RepairedBackup Heal(ScannedBackup backup, BackupSummary now, Dictionary<string, FoundContent> found)
    {
        _findings.Heal(backup.Add.Id);
        return new RepairedBackup(
            now,
            [.. backup.Broken.Select(file => file.Path)],
            [.. backup.Broken.Select(file => found[file.Sha256].Where).Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>Tells every client which packs must not be relied on; that one was put back or read well after all, too.</summary>
    private Task RecordAsync(ContentScan scan, LogState state, CancellationToken cancellationToken) => new VerificationRecord(repository, logger).AppendPacksAsync(
        [.. scan.GoodPacks.Where(state.KnownBad.Contains)],
        [.. scan.BadPacks.Where(name => !state.KnownBad.Contains(name))],
        cancellationToken);

    /// <summary>A checkpoint only saves time, so one that is damaged or wrong is no loss.</summary>
    private async Task DeleteWrongCheckpointsAsync(CancellationToken cancellationToken)
    {
        var (_, wrong) = await CheckpointVerification.RunAsync(repository, cancellationToken).ConfigureAwait(false);
        foreach (var (name, problem) in wrong)
        {
            if (apply)
                await repository.Store.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
            _findings.Add(name, $"{problem}; it only saves time, and is deleted.", null, [], repaired: true);
        }
    }
}
