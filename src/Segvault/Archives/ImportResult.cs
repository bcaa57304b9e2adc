using System.Collections.Immutable;

namespace Segvault;

/// <summary>How an archive becomes a backup of a repository.</summary>
public sealed record ImportOptions
{
    /// <summary>The index's name in the repository; null means the one that the archive records.</summary>
    public string? Name { get; init; }

    /// <summary>Other directories in which archives that an incremental one needs may be.</summary>
    public ImmutableArray<string> BaseDirectories { get; init; } = [];
}

/// <summary>What an import did.</summary>
public sealed record ImportResult
{
    /// <summary>The backup in the repository. Its id is its own, not the archive's.</summary>
    public required BackupSummary Backup { get; init; }

    /// <summary>The archive's path.</summary>
    public required string Archive { get; init; }

    /// <summary>True when the repository had a backup of the same moment with the same content, and nothing was done.</summary>
    public bool Unchanged { get; init; }

    /// <summary>Bytes of archives read.</summary>
    public long BytesRead { get; init; }

    /// <summary>Bytes of content that were new to the repository, before compression.</summary>
    public long BytesNew { get; init; }

    /// <summary>Bytes added to the repository's packs.</summary>
    public long BytesStored { get; init; }

    /// <summary>What a person should know.</summary>
    public ImmutableArray<OperationWarning> Warnings { get; init; } = [];

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }
}
