using System.Collections.Immutable;
using Segvault.Content;
using Segvault.Engines;

namespace Segvault.Restore;

/// <summary>What is left of a backup of which files are lost.</summary>
internal sealed record SalvagedBackup
{
    /// <summary>The backup with the files that can be restored alone, a new commit file among them.</summary>
    public required BackupManifest Manifest { get; init; }

    /// <summary>What the new commit file says; null when there is none, and so no index.</summary>
    public required IndexCommit? Commit { get; init; }

    /// <summary>The files that are not in the backup, by their names.</summary>
    public required ImmutableDictionary<string, ReadOnlyMemory<byte>> Made { get; init; }

    public required ImmutableArray<LostFile> LostFiles { get; init; }

    public required ImmutableArray<string> LostSegments { get; init; }

    public required long LostDocuments { get; init; }

    /// <summary>The files that the engine may take for its own.</summary>
    public IReadOnlyCollection<string> EngineFiles => [.. Manifest.Files.Select(file => file.Path).Where(path => Commit!.IsLive(path))];

    public ContentSource Over(ContentSource content) => new SalvagedContent(content, Made);
}
