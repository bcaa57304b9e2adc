using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Segvault.Archives;

/// <summary>What an archive says of itself: the backup, and which archive holds each of its files.</summary>
internal sealed record ArchiveManifest
{
    /// <summary>The name of the archive's first file.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The backup, without the files that the engine makes anew.</summary>
    public required BackupManifest Backup { get; init; }

    /// <summary>Every file, also those that are made anew, in path order.</summary>
    public required ImmutableArray<ArchivedFile> Files { get; init; }

    /// <summary>The other archives that hold files of this backup.</summary>
    public required ImmutableArray<ArchiveReference> References { get; init; }

    /// <summary>The archive that an incremental one was compared with, by its file name.</summary>
    public string? BaseArchive { get; init; }

    /// <summary>SHA-256 of the manifest's bytes.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>True when the manifest says how many documents there are; one made by hand need not.</summary>
    public bool KnowsDocuments { get; init; } = true;

    /// <summary>Length of all files together, also of those that other archives hold.</summary>
    public long TotalSize => Files.Sum(file => file.File.Length);

    /// <summary>The files that this archive itself holds.</summary>
    public IEnumerable<ArchivedFile> Members => Files.Where(file => file.Archive is null);

    /// <summary>The same by their paths.</summary>
    public FrozenDictionary<string, BackupFile> MembersByPath => field ??= Members.ToFrozenDictionary(member => member.File.Path, member => member.File, StringComparer.Ordinal);

    /// <summary>True when this archive itself holds a file with this content.</summary>
    public bool Holds(BackupFile file) => MembersByPath.TryGetValue(file.Path, out var held) && held.Sha256 == file.Sha256 && held.Length == file.Length;
}

/// <summary>One file of a backup, and where its bytes are.</summary>
/// <param name="File">The file.</param>
/// <param name="Archive">The name of the archive that holds it; null when it is the one that the manifest is in.</param>
/// <param name="Generated">Made by the engine from the rest, and made anew at restore. It is in every archive, so that plain tar gives a working index.</param>
internal sealed record ArchivedFile(BackupFile File, string? Archive, bool Generated = false);

/// <summary>Another archive, as a manifest records it.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Length">Its size in bytes.</param>
/// <param name="ManifestSha256">SHA-256 of its manifest's bytes.</param>
internal sealed record ArchiveReference(string Name, long Length, string ManifestSha256);
