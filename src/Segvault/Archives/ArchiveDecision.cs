using System.Collections.Immutable;
using Segvault.Engines;

namespace Segvault.Archives;

/// <summary>What goes into an archive, decided from what every file holds.</summary>
internal sealed record ArchiveDecision
{
    /// <summary>Every file of the snapshot, read and hashed, in path order.</summary>
    public required ImmutableArray<CheckedFile> Files { get; init; }

    /// <summary>The archive that this one rests on; null for a full one.</summary>
    public required CatalogedArchive? Base { get; init; }

    /// <summary>Why there is no base although one was wanted; null otherwise.</summary>
    public required string? NoBaseReason { get; init; }

    /// <summary>What is wrong with files of the index, by name.</summary>
    public required IReadOnlyDictionary<string, string> Damaged { get; init; }

    /// <summary>Bytes read while deciding.</summary>
    public required long BytesRead { get; init; }

    public BackupType Type => Base is null ? BackupType.Full : BackupType.Incremental;

    public IEnumerable<CheckedFile> Stored => Files.Where(file => file.Archive is null);

    /// <summary>The names of the archives that hold the rest.</summary>
    public IEnumerable<string> Needs => Files.Select(file => file.Archive).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    public long BytesToStore => Stored.Sum(file => file.Source.Length);

    /// <summary>True when the base holds exactly this state.</summary>
    public bool IsUnchanged => Base is not null && Damaged.Count == 0 && !Stored.Any() && Files.Length == Base.Manifest.Backup.Files.Length;
}

/// <summary>A file of a snapshot that was read.</summary>
/// <param name="Source">The file.</param>
/// <param name="Sha256">SHA-256 of its content.</param>
/// <param name="Archive">The archive that already holds exactly this content; null when it must be stored.</param>
internal sealed record CheckedFile(SnapshotFile Source, string Sha256, string? Archive);
