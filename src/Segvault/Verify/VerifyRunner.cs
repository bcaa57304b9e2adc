using Microsoft.Extensions.Logging;
using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>
/// Verifies a repository, or some of its backups: the log, then the manifests, then the packs that they need, as thoroughly as was asked. What was
/// found out is recorded.
/// </summary>
internal sealed class VerifyRunner(RepositoryObjects repository, BackupManagerOptions manager, VerifyOptions options, IProgress<OperationProgress>? progress)
{
    private readonly ProblemList _problems = new();
    private readonly ILogger _logger = manager.LoggerFactory.CreateLogger("Segvault.Verify");
    private readonly List<OperationWarning> _warnings = [];
    private readonly HashSet<string> _examined = new(StringComparer.Ordinal);
    private int _lostManifests;
    private long _bytesRead;

    public async Task<VerifyReport> RunAsync(CancellationToken cancellationToken)
    {
        VerifyOptions.EnsureConsistent(options);
        var started = manager.TimeProvider.GetTimestamp();
        var state = await new LogVerification(repository, _problems).RunAsync(cancellationToken).ConfigureAwait(false);
        await CheckDescriptorAsync(cancellationToken).ConfigureAwait(false);
        await ProbeAsync(cancellationToken).ConfigureAwait(false);

        var manifests = await ReadManifestsAsync(state, cancellationToken).ConfigureAwait(false);
        using var packs = new PackVerification(repository, manifests, _problems);
        await VerifyAsync(packs, state, cancellationToken).ConfigureAwait(false);
        if (options.Backups.IsEmpty)
        {
            _examined.UnionWith(packs.Packs.Select(pack => PackFormat.NameOf(pack.Id)));

            // What a repair has replaced is known to be bad, and waits for a collection.
            _examined.UnionWith(state.KnownBad);
            await new StrayObjects(repository, _problems).FindAsync(_examined, cancellationToken).ConfigureAwait(false);
        }

        var isLive = await RecordAsync(packs, manifests, state, cancellationToken).ConfigureAwait(false);
        return new VerifyReport
        {
            Level = options.Level,
            Backups = manifests.Count + _lostManifests,
            Packs = packs.Packs.Count,
            PacksRead = packs.ReadWhole,
            Chunks = packs.Chunks,
            BytesRead = _bytesRead + packs.BytesRead,
            Problems = _problems.ToReport(isLive),
            Warnings = [.. _warnings],
            Elapsed = manager.TimeProvider.GetElapsedTime(started),
        };
    }

    private async Task VerifyAsync(PackVerification packs, LogState state, CancellationToken cancellationToken)
    {
        packs.Collect();
        if (options.Level == VerifyLevel.Objects)
        {
            await packs.CheckPresenceAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        await packs.CheckTablesAsync(cancellationToken).ConfigureAwait(false);
        if (options.Level != VerifyLevel.Data)
            return;
        var (readable, files) = packs.FindReadable();
        var chosen = PackOrder.Choose(readable, files, state.VerifiedAt, options, manager.TimeProvider.GetUtcNow());
        var (done, total) = (0L, chosen.Sum(pack => pack.Length));
        await packs.ReadAsync(
            chosen,
            read =>
            {
                done += read;
                progress?.Report(new OperationProgress("verify", done, total));
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Records what was found out of packs, and says which backups are there now: one that was removed meanwhile may lose its packs any moment.</summary>
    private async Task<Func<BackupId, bool>> RecordAsync(PackVerification packs, List<BackupManifest> manifests, LogState state, CancellationToken cancellationToken)
    {
        var now = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        bool IsLive(BackupId backup) => now.Obstacle is not null || now.FindLive(backup) is not null;
        var needed = manifests.Where(manifest => IsLive(manifest.Id)).SelectMany(manifest => manifest.Packs).Select(pack => PackFormat.NameOf(pack.Id)).ToHashSet(StringComparer.Ordinal);
        BlameKnownBad(packs, manifests, state);

        // What is known already is not said again, or every verification of a damaged repository would make its log longer.
        var bad = packs.Bad.Where(name => needed.Contains(name) && !now.KnownBad.Contains(name)).ToList();
        try
        {
            if (packs.Good.Count + bad.Count > 0
                && await new VerificationRecord(repository, _logger).PacksAsync(packs.Good, bad, cancellationToken).ConfigureAwait(false) is { } failure)
                _warnings.Add(failure);
        }
        catch (DamageException damage)
        {
            // The store spoilt the very entry, and with it the log: found here as well as by the next verification.
            _problems.Add(damage.DamagedObject, damage.Message);
        }

        return IsLive;
    }

    /// <summary>A pack that was found bad is bad until it was read whole and found good, however quick a look at it was.</summary>
    private void BlameKnownBad(PackVerification packs, List<BackupManifest> manifests, LogState state)
    {
        foreach (var manifest in manifests)
        {
            for (var i = 0; i < manifest.Packs.Length; i++)
            {
                var name = PackFormat.NameOf(manifest.Packs[i].Id);
                if (!state.KnownBad.Contains(name) || packs.Good.Contains(name) || packs.Bad.Contains(name))
                    continue;
                foreach (var file in manifest.Files.Where(file => file.Runs.Any(run => run.Pack == i)))
                    _problems.Add(name, $"Pack {name} was found bad by an earlier verification.", manifest.Id, file.Path, manifest.Name);
            }
        }
    }

    private List<AddBody> Select(LogState state)
    {
        if (options.Backups.IsEmpty)
            return [.. state.Live];
        var selected = state.Live.Where(add => options.Backups.Contains(add.Id)).ToList();
        var absent = options.Backups.Except(selected.Select(add => add.Id)).ToList();
        return absent.Count == 0
            ? selected
            : throw new BackupNotFoundException(ErrorCode.BackupNotFound, $"There is no backup {absent[0]} in {repository.Store.Location}.", "`segvault list` shows the ids.");
    }

    private async Task CheckDescriptorAsync(CancellationToken cancellationToken)
    {
        try
        {
            var descriptor = await RepositoryInitializer.ReadDescriptorAsync(repository.Store, cancellationToken).ConfigureAwait(false);
            if (descriptor?.Id != repository.Id)
                _problems.Add(RepositoryDescriptor.ObjectName, $"{RepositoryDescriptor.ObjectName} is {(descriptor is null ? "missing" : "that of another repository")}.");
        }
        catch (Exception exception) when (VerifyFailure.Tell(exception, RepositoryDescriptor.ObjectName) is { } problem)
        {
            _problems.Add(RepositoryDescriptor.ObjectName, problem);
        }
    }

    /// <summary>Asks the store again for what everything rests on; where it may not be written to, that cannot be asked.</summary>
    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await StoreProbe.RunAsync(repository.Store, cancellationToken).ConfigureAwait(false);
        }
        catch (SegvaultException exception) when (exception.Code == ErrorCode.StoreUnsuitable)
        {
            _problems.Add(repository.Store.Location, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A read-only repository is verified all the same.
        }
    }

    private async Task<List<BackupManifest>> ReadManifestsAsync(LogState state, CancellationToken cancellationToken)
    {
        var manifests = new List<BackupManifest>();
        foreach (var add in Select(state))
        {
            _examined.Add(add.Manifest);
            try
            {
                var manifest = await repository.ReadManifestAsync(add, cancellationToken).ConfigureAwait(false);
                _bytesRead += add.ManifestLength;
                manifests.Add(manifest);
                CheckErased(manifest, state);
            }
            catch (Exception exception) when (VerifyFailure.Tell(exception, add.Manifest) is { } problem)
            {
                _lostManifests++;
                _problems.Add(add.Manifest, problem, add.Id, null, add.Name);
            }
        }

        return manifests;
    }

    /// <summary>What is erased may be deleted any moment, so a backup that needs it is lost even while the object is there.</summary>
    private void CheckErased(BackupManifest manifest, LogState state)
    {
        foreach (var name in manifest.Packs.Select(pack => PackFormat.NameOf(pack.Id)).Append(ManifestStore.NameOf(manifest.Id)).Where(state.Erased.Contains))
            _problems.Add(name, $"{name} is erased in the log and needed by a backup.", manifest.Id, null, manifest.Name);
    }
}
