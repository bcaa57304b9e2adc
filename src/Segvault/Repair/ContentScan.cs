using Segvault.Content;
using Segvault.Repositories;

namespace Segvault.Repair;

/// <summary>Reads everything that live backups need, and finds out what of it is not whole.</summary>
internal sealed class ContentScan(
    RepositoryObjects repository, LogState state, RepositoryTwin? twin, RepairFindings findings, bool apply, IProgress<OperationProgress>? progress)
{
    private readonly Dictionary<PackReference, PackState> _packs = [];
    private readonly Dictionary<string, bool> _locations = new(StringComparer.Ordinal);
    private long _bytesTotal;

    /// <summary>Every live backup whose manifest could be had.</summary>
    public List<ScannedBackup> Backups { get; } = [];

    /// <summary>Live backups whose manifest could not.</summary>
    public List<AddBody> LostBackups { get; } = [];

    public int Packs => _packs.Count;

    public long Chunks { get; private set; }

    public long BytesRead { get; private set; }

    /// <summary>Packs that are missing or whose bytes were changed. What could only not be read just now is not among them.</summary>
    public IEnumerable<string> BadPacks => _packs.Where(pack => pack.Value.IsDamaged).Select(pack => PackFormat.NameOf(pack.Key.Id)).Distinct(StringComparer.Ordinal);

    /// <summary>Packs of which every stored byte is right.</summary>
    public IEnumerable<string> GoodPacks => _packs.Where(pack => pack.Value.Problem is null).Select(pack => PackFormat.NameOf(pack.Key.Id)).Except(BadPacks, StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var add in state.Live)
            await ReadManifestAsync(add, cancellationToken).ConfigureAwait(false);
        _bytesTotal = Backups.SelectMany(backup => backup.Manifest.Packs).Distinct().Sum(pack => pack.Length) + Backups.Sum(backup => backup.Manifest.TotalSize);
        foreach (var backup in Backups)
        {
            foreach (var pack in backup.Manifest.Packs.Where(pack => !_packs.ContainsKey(pack)))
                _packs.Add(pack, await CheckAsync(pack, backup.Add, cancellationToken).ConfigureAwait(false));
        }

        foreach (var backup in Backups)
            await CheckAsync(backup, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>True when a file of a backup can be referred to: its content was read, and all its packs are as they should be.</summary>
    public bool IsWhole(BackupManifest manifest, BackupFile file) =>
        file.Runs.All(run => _packs[manifest.Packs[run.Pack]].Problem is null) && IsReadable(manifest, file);

    /// <summary>True when a file's content was read and has its SHA-256, even if a pack it lies in is damaged elsewhere.</summary>
    public bool IsReadable(BackupManifest manifest, BackupFile file) => _locations.GetValueOrDefault(LocationOf(manifest, file));

    private static string LocationOf(BackupManifest manifest, BackupFile file) =>
        $"{file.Sha256} {string.Join(' ', file.Runs.Select(run => $"{manifest.Packs[run.Pack].Id}:{run.FirstChunk}:{run.Count}"))}";

    private async Task ReadManifestAsync(AddBody add, CancellationToken cancellationToken)
    {
        string problem;
        try
        {
            Backups.Add(new ScannedBackup(add, await repository.ReadManifestAsync(add, cancellationToken).ConfigureAwait(false)));
            BytesRead += add.ManifestLength;
            return;
        }
        catch (Exception exception) when (exception is DamageException or IOException)
        {
            problem = exception.Message;
        }

        if (twin is not null && await twin.ReadManifestAsync(add, cancellationToken).ConfigureAwait(false) is { } bytes
            && ManifestCodec.Decode(bytes, add.Id, repository.Id, out _) is { } manifest)
        {
            var missing = await repository.Store.GetLengthAsync(add.Manifest, cancellationToken).ConfigureAwait(false) is null;
            if (missing && await twin.PutBackAsync(add.Manifest, bytes, cancellationToken).ConfigureAwait(false))
            {
                findings.PutBack(add.Manifest, add);
                Backups.Add(new ScannedBackup(add, manifest));
                return;
            }

            findings.Add(add.Manifest, problem, add, [], repaired: false);
            Backups.Add(new ScannedBackup(add, manifest) { NeedsCopy = true });
            return;
        }

        findings.Add(add.Manifest, problem, add, [], repaired: false);
        LostBackups.Add(add);
    }

    private async Task<PackState> CheckAsync(PackReference pack, AddBody backup, CancellationToken cancellationToken)
    {
        var name = PackFormat.NameOf(pack.Id);
        if (state.Erased.Contains(name))
            return new PackState("is erased in the log.", IsDamaged: false);
        if (twin is not null && await twin.PutBackAsync(pack, cancellationToken).ConfigureAwait(false))
        {
            findings.PutBack(name, backup);
            if (!apply)
                return new PackState(null, IsDamaged: false) { IsOnlyInTwin = true };
        }

        try
        {
            var reader = await PackReader.OpenAsync(repository.Store, repository.Id, pack, cancellationToken).ConfigureAwait(false);
            Chunks += reader.Chunks.Length;
            var problem = await PackReader.CheckStoredBytesAsync(repository.Store, pack, Read, cancellationToken).ConfigureAwait(false);
            return new PackState(problem is null ? null : $"{problem}.", IsDamaged: problem is not null);
        }
        catch (DamageException exception)
        {
            return new PackState(exception.Message, IsDamaged: true);
        }
        catch (IOException exception)
        {
            return new PackState($"cannot be read: {exception.Message}", IsDamaged: false);
        }
    }

    private async Task CheckAsync(ScannedBackup backup, CancellationToken cancellationToken)
    {
        var manifest = backup.Manifest;
        var content = new PackedContent(repository, manifest);
        await using var _ = content.ConfigureAwait(false);
        foreach (var file in manifest.Files)
        {
            if (!_locations.ContainsKey(LocationOf(manifest, file)))
                _locations.Add(LocationOf(manifest, file), await IsGoodAsync(content, manifest, file, cancellationToken).ConfigureAwait(false));
            if (!IsWhole(manifest, file))
                backup.Broken.Add(file);
        }

        foreach (var pack in manifest.Packs.Where(pack => _packs[pack].Problem is not null))
        {
            var index = manifest.Packs.IndexOf(pack);
            var harmed = manifest.Files.Where(file => file.Runs.Any(run => run.Pack == index)).Select(file => file.Path);
            findings.Add(PackFormat.NameOf(pack.Id), _packs[pack].Problem!, backup.Add, harmed, repaired: false);
            backup.NeedsCopy = true;
        }

        var wrong = backup.Broken.Where(file => file.Runs.All(run => _packs[manifest.Packs[run.Pack]].Problem is null)).Select(file => file.Path).ToList();
        if (wrong.Count == 0)
            return;
        findings.Add(backup.Add.Manifest, "records files whose bytes are not what it says, although their packs are sound.", backup.Add, wrong, repaired: false);
        backup.NeedsCopy = true;
    }

    private async Task<bool> IsGoodAsync(PackedContent content, BackupManifest manifest, BackupFile file, CancellationToken cancellationToken)
    {
        if (file.Runs.Any(run => _packs[manifest.Packs[run.Pack]].IsOnlyInTwin))
            return true;
        return await ContentHash.IsAsync(
            file.Sha256,
            receive => content.ReadAsync([file], _ => new ReceivingSink(bytes =>
            {
                Read(bytes.Length);
                return receive(bytes);
            }), cancellationToken)).ConfigureAwait(false);
    }

    private void Read(int bytes)
    {
        BytesRead += bytes;
        progress?.Report(new OperationProgress("verify", BytesRead, _bytesTotal));
    }

    /// <summary>What was found out about a pack.</summary>
    /// <param name="Problem">What is wrong with it; null when nothing is.</param>
    /// <param name="IsDamaged">True when it is certain that the pack is not what it was.</param>
    private sealed record PackState(string? Problem, bool IsDamaged)
    {
        /// <summary>A repair would put it back, and it cannot be read before.</summary>
        public bool IsOnlyInTwin { get; init; }
    }
}

/// <summary>A live backup, and what is wrong with it.</summary>
internal sealed class ScannedBackup(AddBody add, BackupManifest manifest)
{
    public AddBody Add { get; } = add;

    public BackupManifest Manifest { get; } = manifest;

    /// <summary>The files that cannot be referred to where they are.</summary>
    public List<BackupFile> Broken { get; } = [];

    /// <summary>True when it has to be recorded anew to be whole again.</summary>
    public bool NeedsCopy { get; set; }
}
