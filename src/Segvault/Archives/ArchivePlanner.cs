using System.Collections.Immutable;
using Segvault.Backup;
using Segvault.Engines;

namespace Segvault.Archives;

/// <summary>Decides what an archive holds: by content, never by modification times. Every file is read, for its SHA-256 stands in the manifest, which comes first.</summary>
internal sealed class ArchivePlanner(PinnedBackup pinned, ArchiveCatalog catalog, BackupOptions options)
{
    public ArchiveDecision Decide(IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        var (rest, reason) = options.Type == BackupType.Full ? (null, null) : FindBase();
        var known = rest is null ? null : rest.Manifest.Files.ToDictionary(file => file.File.Path, StringComparer.Ordinal);
        var snapshot = pinned.Snapshot;
        var damaged = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var problem in snapshot.Problems)
            damaged.TryAdd(problem.File, problem.Problem);
        RefuseDamage(damaged);
        var reader = new SourceReader(snapshot);
        var total = snapshot.Files.Sum(file => file.Length);
        var done = 0L;
        var files = ImmutableArray.CreateBuilder<CheckedFile>(snapshot.Files.Length);
        foreach (var file in snapshot.Files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            var verdict = reader.Check(
                file,
                read =>
                {
                    done += read;
                    progress?.Report(new OperationProgress("check", done, total));
                },
                cancellationToken);
            if (verdict.Problem is { } problem && damaged.TryAdd(file.Path, problem))
                RefuseDamage(damaged);
            files.Add(new CheckedFile(file, verdict.Sha256, HolderOf(file, verdict.Sha256, rest, known)));
        }

        return new ArchiveDecision
        {
            Files = files.ToImmutable(),
            Base = rest,
            NoBaseReason = reason,
            Damaged = damaged,
            BytesRead = done,
        };
    }

    /// <summary>The newest archive of an index in the directory.</summary>
    public static CatalogedArchive? FindNewest(ArchiveCatalog catalog, ArchivedIndex identity) => catalog.Archives.LastOrDefault(identity.IsOf);

    /// <summary>The newest archive of this index that can be restored with what is there; and why it is not a newer one.</summary>
    private (CatalogedArchive? Base, string? Reason) FindBase()
    {
        string? reason = null;
        foreach (var candidate in catalog.Archives.Where(ArchivedIndex.Of(pinned.Source, options, pinned.Name).IsOf).Reverse())
        {
            if (WhyNotBase(candidate) is not { } whyNot)
                return (candidate, reason);
            reason ??= whyNot;
        }

        return (null, reason ?? catalog.Unreadable.FirstOrDefault()?.Problem.Message.TrimEnd('.') ?? WhyNotOfThisIndex());
    }

    /// <summary>The index may have moved; only its user can know.</summary>
    private string? WhyNotOfThisIndex() => catalog.Archives.LastOrDefault(archive => archive.Manifest.Backup.Name == pinned.Name) is { } namesake
        ? $"the archives of '{pinned.Name}' that are there are of {(namesake.Manifest.Backup.IndexPath is { Length: > 0 } path ? path : "an index whose path they do not record")}; when that is the same index, say so with --name {pinned.Name}"
        : null;

    private string? WhyNotBase(CatalogedArchive candidate)
    {
        var manifest = candidate.Manifest;
        var missing = catalog.MissingOf(manifest);
        if (!missing.IsEmpty)
            return $"{candidate.Name} needs {string.Join(", ", missing.Select(reference => reference.Name))}, which {(missing.Length == 1 ? "is" : "are")} not there as recorded";
        if (manifest.Backup.Flags.Contains(BackupFlag.Damaged))
            return $"{candidate.Name} was made of a damaged index";

        // Two archives of one name could not be told apart.
        return manifest.References.Any(reference => reference.Name == candidate.Name) ? $"{candidate.Name} was given the name of an archive that it needs" : null;
    }

    private static string? HolderOf(SnapshotFile file, string sha256, CatalogedArchive? rest, Dictionary<string, ArchivedFile>? known) =>
        known is not null && known.TryGetValue(file.Path, out var there) && there.File.Sha256 == sha256 && there.File.Length == file.Length
            ? there.Archive ?? rest!.Name
            : null;

    private void RefuseDamage(Dictionary<string, string> damaged)
    {
        if (!options.AllowDamaged && damaged.Count > 0)
            throw SourceFileChecks.Damaged(pinned.Snapshot, [.. damaged.Select(entry => new IndexProblem(entry.Key, entry.Value))]);
    }
}
