using Segvault.Engines;

namespace Segvault.Backup;

/// <summary>
/// Decides, file by file, what must be read and what the repository has already. Decided by content identity, never by modification times:
/// write-once files by name, length and whole footer; everything that can come back with other content, and everything small, by its SHA-256.
/// </summary>
internal sealed class BackupPlanner(PinnedSnapshot snapshot, ParentCatalog parents, BackupOptions options, Pace? pace = null)
{
    // Reading this much costs no more than asking whether it is needed.
    private const long SmallFile = 16 * 1024;

    private readonly Dictionary<string, string> _damaged = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _rotted = new(StringComparer.Ordinal);
    private readonly SourceReader _reader = new(snapshot, pace);
    private long _bytesRead;

    public BackupDecision Decide(IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        foreach (var problem in snapshot.Problems)
            _damaged.TryAdd(problem.File, problem.Problem);
        RefuseDamage();
        var toHash = snapshot.Files.Where(MustBeHashed).Sum(file => file.Length);
        var files = new List<FileDecision>(snapshot.Files.Length);
        foreach (var file in snapshot.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            files.Add(new FileDecision(file, options.Type == BackupType.Full ? null : FindCopy(file, progress, toHash, cancellationToken)));
        }

        return new BackupDecision
        {
            Files = files,
            Newest = parents.Newest,
            Base = options.Type == BackupType.Full ? null : parents.Newest?.Id ?? files.Find(file => file.Reuse is not null)?.Reuse!.Manifest.Id,
            Damaged = _damaged,
            Rotted = _rotted,
            BytesRead = _bytesRead,
        };
    }

    private bool MustBeHashed(SnapshotFile file) =>
        options.Type != BackupType.Full && (options.Rehash || file.Role != EngineFileRole.WriteOnce || file.Length <= SmallFile || file.Footer.IsEmpty);

    private KnownFile? FindCopy(SnapshotFile file, IProgress<OperationProgress>? progress, long toHash, CancellationToken cancellationToken)
    {
        var sameFooter = parents.FindByFooter(file);
        if (!MustBeHashed(file))
            return sameFooter;
        var verdict = _reader.Check(
            file,
            read =>
            {
                _bytesRead += read;
                progress?.Report(new OperationProgress("check", _bytesRead, toHash));
            },
            cancellationToken);
        var sameContent = parents.FindByContent(file, verdict.Sha256);
        if (verdict.Problem is null || _damaged.ContainsKey(file.Path))
            return sameContent;
        if (sameFooter is not null && sameFooter.File.Sha256 != verdict.Sha256)
        {
            Record(_rotted, file.Path, $"{verdict.Problem}; backup {sameFooter.Manifest.Id.ToShortString()} keeps a good copy");
            return sameFooter;
        }

        Record(_damaged, file.Path, verdict.Problem);
        return null;
    }

    private void Record(Dictionary<string, string> problems, string file, string problem)
    {
        problems.TryAdd(file, problem);
        RefuseDamage();
    }

    private void RefuseDamage()
    {
        if (!options.AllowDamaged && _damaged.Count + _rotted.Count > 0)
            throw SourceFileChecks.Damaged(snapshot, [.. _damaged.Concat(_rotted).Select(entry => new IndexProblem(entry.Key, entry.Value))]);
    }
}
