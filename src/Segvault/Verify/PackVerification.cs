using System.Security.Cryptography;
using Segvault.Chunks;
using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>Verifies the packs that backups need: that they are there, that their tables agree with the manifests, and that their bytes are what was stored.</summary>
internal sealed class PackVerification(RepositoryObjects repository, IReadOnlyList<BackupManifest> manifests, ProblemList problems) : IDisposable
{
    private readonly Dictionary<ObjectId, PackReference> _packs = [];
    private readonly Dictionary<ObjectId, PackReader> _readers = [];
    private readonly Dictionary<ObjectId, List<Use>> _uses = [];
    private readonly List<FileHash> _files = [];
    private readonly HashSet<FileHash> _lost = [];

    public IReadOnlyCollection<PackReference> Packs => _packs.Values;

    public long Chunks => _readers.Values.Sum(reader => (long)reader.Chunks.Length);

    public long BytesRead { get; private set; }

    /// <summary>Packs of which every byte was read.</summary>
    public int ReadWhole { get; private set; }

    /// <summary>Names of packs of which every byte was read and is good.</summary>
    public HashSet<string> Good { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of packs that are missing or bad. One that the store failed to read is neither good nor bad.</summary>
    public HashSet<string> Bad { get; } = new(StringComparer.Ordinal);

    /// <summary>Notes which packs there are, and that all manifests say the same of each.</summary>
    public void Collect()
    {
        foreach (var manifest in manifests)
        {
            foreach (var pack in manifest.Packs)
            {
                if (!_packs.TryAdd(pack.Id, pack) && _packs[pack.Id] != pack)
                    Add(ManifestStore.NameOf(manifest.Id), $"records {PackFormat.NameOf(pack.Id)} otherwise than another manifest does", manifest, null);
            }
        }
    }

    /// <summary>Level 0: every pack is there at its size.</summary>
    public async Task CheckPresenceAsync(CancellationToken cancellationToken)
    {
        var seen = await repository.ListPacksAsync(cancellationToken).ConfigureAwait(false);
        foreach (var pack in _packs.Values)
        {
            var name = PackFormat.NameOf(pack.Id);
            var problem = !seen.TryGetValue(pack.Id, out var length) ? "is missing" : length != pack.Length ? $"has {length} bytes instead of {pack.Length}" : null;
            if (problem is not null)
                BlameBad(pack, $"Pack {name} of the repository at {repository.Store.Location} {problem}.");
        }
    }

    /// <summary>Level 1: every pack's header, table and trailer are sound, and hold what the manifests count on.</summary>
    public async Task CheckTablesAsync(CancellationToken cancellationToken)
    {
        foreach (var pack in _packs.Values)
        {
            try
            {
                var reader = await PackReader.OpenAsync(repository.Store, repository.Id, pack, cancellationToken).ConfigureAwait(false);
                _readers.Add(pack.Id, reader);
                BytesRead += reader.FrameLength;
            }
            catch (Exception exception) when (VerifyFailure.Tell(exception, PackFormat.NameOf(pack.Id)) is { } problem)
            {
                Blame(pack, problem, exception);
            }
        }

        foreach (var manifest in manifests)
        {
            foreach (var file in manifest.Files)
            {
                foreach (var run in file.Runs)
                {
                    var pack = manifest.Packs[run.Pack];
                    if (_readers.TryGetValue(pack.Id, out var reader) && reader.CheckRun(run) is { } problem)
                        Add(PackFormat.NameOf(pack.Id), problem, manifest, file);
                }
            }
        }
    }

    /// <summary>The packs whose bytes can be read, and the files in them: what <see cref="PackOrder"/> chooses from.</summary>
    public (IReadOnlyList<PackReference> Packs, IReadOnlyList<FileHash> Files) FindReadable()
    {
        // Files that several backups share are hashed once.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var manifest in manifests)
        {
            foreach (var file in manifest.Files)
            {
                var runs = file.Runs.Select(run => $"{manifest.Packs[run.Pack].Id}:{run.FirstChunk}:{run.Count}");
                if (seen.Add($"{file.Sha256} {string.Join(' ', runs)}"))
                    _files.Add(new FileHash(manifest, file));
            }
        }

        foreach (var file in _files)
        {
            foreach (var run in file.File.Runs)
            {
                var pack = file.Manifest.Packs[run.Pack].Id;
                if (!_uses.TryGetValue(pack, out var uses))
                    _uses.Add(pack, uses = []);
                uses.Add(new Use(file, run));
            }
        }

        return ([.. _packs.Values.Where(pack => _readers.ContainsKey(pack.Id))], _files);
    }

    /// <summary>Level 2: reads every byte of these packs once, and hashes the files in them.</summary>
    public async Task ReadAsync(IReadOnlyList<PackReference> chosen, Action<int> onRead, CancellationToken cancellationToken)
    {
        using var codec = new ChunkCodec();
        var runs = new RunsUnderWay(_uses);
        await PackScan.RunAsync(
            [.. chosen.Select(pack => new PackScan(repository.Store, pack, _readers[pack.Id], codec))],
            (scan, chunk, content) =>
            {
                foreach (var file in runs.Find(scan.Pack.Id, chunk))
                    file.Take(scan.Pack.Id, chunk, content.Span);
            },
            Conclude,
            read =>
            {
                BytesRead += read;
                onRead(read);
            },
            cancellationToken).ConfigureAwait(false);
        var read = chosen.Select(pack => pack.Id).ToHashSet();
        foreach (var file in _files.Where(file => !_lost.Contains(file) && file.Packs.All(read.Contains)))
        {
            var matches = file.IsComplete ? file.Matches() : await ReadAgainAsync(file, codec, cancellationToken).ConfigureAwait(false);
            if (matches == false)
                Add(ManifestStore.NameOf(file.Manifest.Id), $"{file.File.Path} does not have the SHA-256 that the manifest records", file.Manifest, file.File);
        }
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    private void Conclude(PackScan scan)
    {
        var name = PackFormat.NameOf(scan.Pack.Id);
        if (scan.Failure is { } failure)
        {
            Blame(scan.Pack, VerifyFailure.Tell(failure, name)!, failure);
            return;
        }

        ReadWhole++;
        if (scan.Result is { IsGood: false } result)
            Blame(scan.Pack, result);
        else
            Good.Add(name);
    }

    /// <summary>A file whose packs could not be read in its order. Null when it turned out meanwhile that they are not good.</summary>
    private async Task<bool?> ReadAgainAsync(FileHash file, ChunkCodec codec, CancellationToken cancellationToken)
    {
        using var again = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var run in file.File.Runs)
        {
            var pack = file.Manifest.Packs[run.Pack];
            try
            {
                await _readers[pack.Id].ReadAsync(
                    run,
                    codec,
                    content =>
                    {
                        again.AppendData(content.Span);
                        return ValueTask.CompletedTask;
                    },
                    cancellationToken).ConfigureAwait(false);
                BytesRead += _readers[pack.Id].StoredLength(run);
            }
            catch (Exception exception) when (VerifyFailure.Tell(exception, PackFormat.NameOf(pack.Id)) is { } problem)
            {
                Add(PackFormat.NameOf(pack.Id), problem, file.Manifest, file.File);
                return null;
            }
        }

        return Convert.ToHexStringLower(again.GetHashAndReset()) == file.File.Sha256;
    }

    private void Blame(PackReference pack, string problem, Exception exception)
    {
        if (exception is DamageException)
            BlameBad(pack, problem);
        else
            BlameAll(pack, problem);
    }

    private void BlameBad(PackReference pack, string problem)
    {
        Bad.Add(PackFormat.NameOf(pack.Id));
        BlameAll(pack, problem);
    }

    /// <summary>Where chunks are bad, only the files that have them are harmed; else nothing tells which bytes are.</summary>
    private void Blame(PackReference pack, PackScanResult result)
    {
        var name = PackFormat.NameOf(pack.Id);
        if (result.BadChunks.IsEmpty)
        {
            BlameBad(pack, $"Pack {name} {result.Problem}.");
            return;
        }

        Bad.Add(name);
        var bad = result.BadChunks;
        var more = bad.Length > 1 ? $", and {bad.Length - 1} more like it" : "";
        var problem = $"Pack {name} has a chunk (number {bad[0].Number}) that {bad[0].Problem}{more}.";

        // Even a chunk that no file has tells that the pack is bad.
        problems.Add(name, problem);
        foreach (var manifest in manifests)
        {
            foreach (var file in manifest.Files)
            {
                if (file.Runs.Any(run => manifest.Packs[run.Pack].Id == pack.Id && bad.Any(chunk => run.FirstChunk <= chunk.Number && chunk.Number < run.FirstChunk + run.Count)))
                    problems.Add(name, problem, manifest.Id, file.Path, manifest.Name);
            }
        }

        Lose(pack);
    }

    /// <summary>Records a defect of a pack with every backup and file that has bytes in it.</summary>
    private void BlameAll(PackReference pack, string problem)
    {
        foreach (var manifest in manifests)
        {
            if (!manifest.Packs.Any(other => other.Id == pack.Id))
                continue;
            var name = PackFormat.NameOf(pack.Id);
            problems.Add(name, problem, manifest.Id, null, manifest.Name);
            foreach (var file in manifest.Files.Where(file => file.Runs.Any(run => manifest.Packs[run.Pack].Id == pack.Id)))
                problems.Add(name, problem, manifest.Id, file.Path, manifest.Name);
        }

        Lose(pack);
    }

    private void Lose(PackReference pack)
    {
        foreach (var use in _uses.GetValueOrDefault(pack.Id) ?? [])
            _lost.Add(use.File);
    }

    private void Add(string name, string problem, BackupManifest manifest, BackupFile? file) => problems.Add(name, problem, manifest.Id, file?.Path, manifest.Name);

    /// <summary>A run of a file in a pack.</summary>
    private readonly record struct Use(FileHash File, ChunkRun Run)
    {
        public bool Holds(int chunk) => Run.FirstChunk <= chunk && chunk < Run.FirstChunk + Run.Count;
    }

    /// <summary>Finds the files that have a chunk, while the chunks of packs come one after another.</summary>
    private sealed class RunsUnderWay(Dictionary<ObjectId, List<Use>> uses)
    {
        private readonly Queue<Use> _next = [];
        private readonly List<Use> _running = [];
        private ObjectId? _pack;

        public IEnumerable<FileHash> Find(ObjectId pack, int chunk)
        {
            if (_pack != pack)
            {
                _pack = pack;
                _running.Clear();
                _next.Clear();
                foreach (var use in (uses.GetValueOrDefault(pack) ?? []).OrderBy(use => use.Run.FirstChunk))
                    _next.Enqueue(use);
            }

            while (_next.TryPeek(out var use) && use.Run.FirstChunk <= chunk)
                _running.Add(_next.Dequeue());
            _running.RemoveAll(use => !use.Holds(chunk));
            return _running.Select(use => use.File);
        }
    }
}
