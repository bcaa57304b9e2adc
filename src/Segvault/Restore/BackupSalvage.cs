using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Segvault.Content;
using Segvault.Engines;

namespace Segvault.Restore;

/// <summary>Finds out which files of a backup are whole, by reading all of them, and what the engine can make of those.</summary>
internal sealed class BackupSalvage(BackupManifest manifest, IndexEngine engine, ContentSource content, IProgress<OperationProgress>? progress)
{
    private static readonly int Parallelism = Math.Clamp(Environment.ProcessorCount, 2, 8);

    private readonly ConcurrentDictionary<string, LostFile> _lost = new(StringComparer.Ordinal);
    private long _done;

    /// <summary>What is left; null when nothing is lost.</summary>
    /// <exception cref="DamageException">Nothing is left.</exception>
    public async Task<SalvagedBackup?> RunAsync(CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(manifest.Files, parallel, CheckAsync).ConfigureAwait(false);
        if (_lost.IsEmpty)
            return null;
        var whole = manifest.Files.Where(file => !_lost.ContainsKey(file.Path)).ToList();
        if (whole.Count == 0)
        {
            var first = _lost[manifest.Files[0].Path];
            throw content.Damaged(manifest.Files[0], $"No file of backup {manifest.Id.ToShortString()} is whole: {first.Path} {first.Problem}");
        }

        return Describe(whole, await ReadCommitAsync(whole, cancellationToken).ConfigureAwait(false));
    }

    private async ValueTask CheckAsync(BackupFile file, CancellationToken cancellationToken)
    {
        try
        {
            await content.ReadAsync(
                [file],
                wanted => new HashedSink(
                    null,
                    wanted,
                    () => content.Damaged(wanted, "does not have the SHA-256 that the manifest records."),
                    read =>
                    {
                        var done = Interlocked.Add(ref _done, read);
                        progress?.Report(new OperationProgress("check", done, manifest.TotalSize));
                    }),
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DamageException or IOException)
        {
            _lost[file.Path] = new LostFile(file.Path, file.Length, exception.Message);
        }
    }

    /// <summary>Null also for a commit file that was damaged already when it was backed up.</summary>
    private async Task<SalvagedCommit?> ReadCommitAsync(List<BackupFile> whole, CancellationToken cancellationToken)
    {
        var commitFiles = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in whole.Where(file => engine.Classify(file.Path) == EngineFileRole.Commit))
            commitFiles.Add(file.Path, await content.ReadAllAsync(file, cancellationToken).ConfigureAwait(false));
        try
        {
            var present = whole.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
            return engine.Salvage(commitFiles.GetValueOrDefault, present, _lost.Keys.ToHashSet(StringComparer.Ordinal));
        }
        catch (DamageException)
        {
            return null;
        }
    }

    private SalvagedBackup Describe(List<BackupFile> whole, SalvagedCommit? salvaged)
    {
        var made = salvaged?.Files.ToDictionary(file => file.Path, StringComparer.Ordinal) ?? [];
        var commitFile = manifest.Files.FirstOrDefault(file => engine.Classify(file.Path) == EngineFileRole.Commit);
        var files = whole
            .Where(file => !made.ContainsKey(file.Path) && (salvaged is not null || engine.Classify(file.Path) != EngineFileRole.Commit))
            .Concat(made.Values.Select(file => (commitFile ?? whole[0]) with
            {
                Path = file.Path,
                Length = file.Content.Length,
                Sha256 = Convert.ToHexStringLower(SHA256.HashData(file.Content.Span)),
                Runs = [],
            }))
            .OrderBy(file => file.Path, StringComparer.Ordinal)
            .ToImmutableArray();
        return new SalvagedBackup
        {
            Manifest = manifest with
            {
                Files = files,
                TotalSize = files.Sum(file => file.Length),
                Documents = salvaged?.Commit.Documents ?? 0,
            },
            Commit = salvaged?.Commit,
            Made = made.ToImmutableDictionary(entry => entry.Key, entry => entry.Value.Content),
            LostFiles = [.. _lost.Values.OrderBy(file => file.Path, StringComparer.Ordinal)],
            LostSegments = salvaged?.LostSegments ?? [],
            LostDocuments = manifest.Documents - (salvaged?.Commit.Documents ?? 0),
        };
    }
}
