using Segvault.Chunks;
using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>Verifies backups: that everything referenced is there and agrees, and with the data level that every stored byte is what it was.</summary>
internal sealed class VerifyRunner(RepositoryObjects repository, BackupManagerOptions manager, VerifyOptions options, IProgress<OperationProgress>? progress)
{
    private readonly ProblemList _problems = new();
    private readonly Dictionary<ObjectId, PackReference> _packs = [];
    private readonly Dictionary<ObjectId, PackReader> _readers = [];
    private long _bytesRead;
    private long _bytesTotal;

    public async Task<VerifyReport> RunAsync(CancellationToken cancellationToken)
    {
        var started = manager.TimeProvider.GetTimestamp();
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        if (state.Obstacle is not (null or DamageException))
            throw state.Obstacle;
        if (state.Obstacle is DamageException damage)
            _problems.Add(damage.DamagedObject, damage.Message, null, null);
        await CheckDescriptorAsync(cancellationToken).ConfigureAwait(false);
        await ProbeAsync(cancellationToken).ConfigureAwait(false);

        var manifests = await ReadManifestsAsync(state, cancellationToken).ConfigureAwait(false);
        foreach (var pack in _packs.Values)
            await OpenAsync(pack, manifests, cancellationToken).ConfigureAwait(false);
        foreach (var manifest in manifests)
            CheckRuns(manifest);
        if (options.Level == VerifyLevel.Data)
            await ReadDataAsync(manifests, cancellationToken).ConfigureAwait(false);
        if (_problems.Backups.Any())
            _problems.Forget(await RemovedMeanwhile.FindAsync(repository, _problems.Backups, cancellationToken).ConfigureAwait(false));
        return new VerifyReport
        {
            Level = options.Level,
            Backups = manifests.Count + _problems.LostManifests,
            Packs = _packs.Count,
            Chunks = _readers.Values.Sum(reader => (long)reader.Chunks.Length),
            BytesRead = _bytesRead,
            Problems = _problems.ToReport(),
            Elapsed = manager.TimeProvider.GetElapsedTime(started),
        };
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
                _problems.Add(RepositoryDescriptor.ObjectName, $"{RepositoryDescriptor.ObjectName} is {(descriptor is null ? "missing" : "that of another repository")}.", null, null);
        }
        catch (Exception exception) when (Tell(exception, RepositoryDescriptor.ObjectName) is { } problem)
        {
            _problems.Add(RepositoryDescriptor.ObjectName, problem, null, null);
        }
    }

    /// <summary>What is wrong with an object, from what reading it threw; null when the failure is not the object's. A bad sector is.</summary>
    private static string? Tell(Exception exception, string name) => exception switch
    {
        DamageException => exception.Message,
        IOException or UnauthorizedAccessException => $"{name} cannot be read: {exception.Message}",
        _ => null,
    };

    /// <summary>Asks the store again for what everything rests on; where it may not be written to, that cannot be asked.</summary>
    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await StoreProbe.RunAsync(repository.Store, cancellationToken).ConfigureAwait(false);
        }
        catch (SegvaultException exception) when (exception.Code == ErrorCode.StoreUnsuitable)
        {
            _problems.Add(repository.Store.Location, exception.Message, null, null);
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
            try
            {
                var manifest = await repository.ReadManifestAsync(add, cancellationToken).ConfigureAwait(false);
                _bytesRead += add.ManifestLength;
                manifests.Add(manifest);
                foreach (var pack in manifest.Packs)
                    AddPack(pack, manifest);
                CheckErased(manifest, state);
            }
            catch (Exception exception) when (Tell(exception, add.Manifest) is { } problem)
            {
                _problems.AddLostManifest(add.Manifest, problem, add.Id);
            }
        }

        return manifests;
    }

    private void AddPack(PackReference pack, BackupManifest manifest)
    {
        if (_packs.TryAdd(pack.Id, pack) || _packs[pack.Id] == pack)
            return;
        _problems.Add(ManifestStore.NameOf(manifest.Id), $"records {PackFormat.NameOf(pack.Id)} otherwise than another manifest does", manifest.Id, null);
    }

    /// <summary>What is erased may be deleted any moment, so a backup that needs it is lost even while the object is there.</summary>
    private void CheckErased(BackupManifest manifest, LogState state)
    {
        foreach (var name in manifest.Packs.Select(pack => PackFormat.NameOf(pack.Id)).Append(ManifestStore.NameOf(manifest.Id)).Where(state.Erased.Contains))
            _problems.Add(name, $"{name} is erased in the log and needed by a backup.", manifest.Id, null);
    }

    private async Task OpenAsync(PackReference pack, List<BackupManifest> manifests, CancellationToken cancellationToken)
    {
        try
        {
            var reader = await PackReader.OpenAsync(repository.Store, repository.Id, pack, cancellationToken).ConfigureAwait(false);
            _readers.Add(pack.Id, reader);
            _bytesRead += ObjectHeader.Length + PackFormat.TrailerLength + ((long)reader.Chunks.Length * PackFormat.TableEntryLength);
        }
        catch (Exception exception) when (Tell(exception, PackFormat.NameOf(pack.Id)) is { } problem)
        {
            Blame(pack, problem, manifests);
        }
    }

    private void CheckRuns(BackupManifest manifest)
    {
        foreach (var file in manifest.Files)
        {
            foreach (var run in file.Runs)
            {
                var pack = manifest.Packs[run.Pack];
                if (_readers.TryGetValue(pack.Id, out var reader) && reader.CheckRun(run) is { } problem)
                    _problems.Add(PackFormat.NameOf(pack.Id), problem, manifest.Id, file.Path);
            }
        }
    }

    private async Task ReadDataAsync(List<BackupManifest> manifests, CancellationToken cancellationToken)
    {
        // Files that several backups share are read once.
        var files = manifests
            .SelectMany(manifest => manifest.Files.Select(file => (manifest, file)))
            .DistinctBy(entry => (entry.file.Sha256, string.Join(' ', entry.file.Runs.Select(run => $"{entry.manifest.Packs[run.Pack].Id}:{run.FirstChunk}:{run.Count}"))))
            .ToList();
        _bytesTotal = _packs.Values.Sum(pack => pack.Length) + files.Sum(entry => entry.file.Length);
        var done = 0L;
        foreach (var pack in _packs.Values.Where(pack => _readers.ContainsKey(pack.Id)))
        {
            try
            {
                var problem = await PackReader.CheckStoredBytesAsync(
                    repository.Store,
                    pack,
                    read =>
                    {
                        _bytesRead += read;
                        Report(done += read);
                    },
                    cancellationToken).ConfigureAwait(false);
                if (problem is not null)
                    Blame(pack, $"Pack {PackFormat.NameOf(pack.Id)} {problem}.", manifests);
            }
            catch (Exception exception) when (Tell(exception, PackFormat.NameOf(pack.Id)) is { } problem)
            {
                Blame(pack, problem, manifests);
            }
        }

        using var codec = new ChunkCodec();
        foreach (var (manifest, file) in files)
        {
            await ReadFileAsync(manifest, file, codec, cancellationToken).ConfigureAwait(false);
            Report(done += file.Length);
        }
    }

    private async Task ReadFileAsync(BackupManifest manifest, BackupFile file, ChunkCodec codec, CancellationToken cancellationToken)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var run in file.Runs)
        {
            var pack = manifest.Packs[run.Pack];
            if (!_readers.TryGetValue(pack.Id, out var reader))
                return;
            try
            {
                await reader.ReadAsync(
                    run,
                    codec,
                    bytes =>
                    {
                        hash.AppendData(bytes.Span);
                        return ValueTask.CompletedTask;
                    },
                    cancellationToken).ConfigureAwait(false);
                _bytesRead += reader.StoredLength(run);
            }
            catch (Exception exception) when (Tell(exception, PackFormat.NameOf(pack.Id)) is { } problem)
            {
                _problems.Add(PackFormat.NameOf(pack.Id), problem, manifest.Id, file.Path);
                return;
            }
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256)
            _problems.Add(ManifestStore.NameOf(manifest.Id), $"{file.Path} does not have the SHA-256 that the manifest records", manifest.Id, file.Path);
    }

    /// <summary>Records a defect of a pack with every backup and file that has bytes in it.</summary>
    private void Blame(PackReference pack, string problem, List<BackupManifest> manifests)
    {
        foreach (var manifest in manifests)
        {
            var index = manifest.Packs.IndexOf(pack);
            foreach (var file in manifest.Files.Where(file => index >= 0 && file.Runs.Any(run => run.Pack == index)))
                _problems.Add(PackFormat.NameOf(pack.Id), problem, manifest.Id, file.Path);
        }
    }

    private void Report(long done) => progress?.Report(new OperationProgress("verify", done, _bytesTotal));
}
