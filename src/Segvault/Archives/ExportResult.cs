namespace Segvault;

/// <summary>What an export did.</summary>
public sealed record ExportResult
{
    /// <summary>The backup.</summary>
    public required BackupSummary Backup { get; init; }

    /// <summary>The archive's path.</summary>
    public required string Archive { get; init; }

    /// <summary>Number of files of the index.</summary>
    public required int Files { get; init; }

    /// <summary>Their size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Size of the archive in bytes.</summary>
    public required long BytesStored { get; init; }

    /// <summary>Time taken.</summary>
    public required TimeSpan Elapsed { get; init; }
}
