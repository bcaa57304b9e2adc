using System.Collections.Immutable;

namespace Segvault;

/// <summary>What a restore did.</summary>
public sealed record RestoreResult
{
    /// <summary>The backup that was restored.</summary>
    public required BackupId Backup { get; init; }

    /// <summary>The target directory, absolute.</summary>
    public required string Target { get; init; }

    /// <summary>How the restored index took its place.</summary>
    public required RestoreMethod Method { get; init; }

    /// <summary>Number of files.</summary>
    public required int Files { get; init; }

    /// <summary>Size of the index in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes read from the repository.</summary>
    public required long BytesFetched { get; init; }

    /// <summary>Bytes taken from the index that was there before.</summary>
    public required long BytesReused { get; init; }

    /// <summary>Files that are not the engine's and were carried over.</summary>
    public required int ForeignFiles { get; init; }

    /// <summary>Documents that a search can find, as the engine's files say.</summary>
    public required long Documents { get; init; }

    /// <summary>Where the replaced index was kept; null when it was not.</summary>
    public string? Previous { get; init; }

    /// <summary>Files that were damaged or missing when the backup was taken, and are so in the restored index.</summary>
    public ImmutableArray<string> DamagedFiles { get; init; } = [];

    /// <summary>Files of the backup that are lost; only with <see cref="RestoreOptions.AllowPartial"/> is there anything else to be had then.</summary>
    public ImmutableArray<LostFile> LostFiles { get; init; } = [];

    /// <summary>Segments that the restored index lacks because a file of theirs is lost.</summary>
    public ImmutableArray<string> LostSegments { get; init; } = [];

    /// <summary>Documents that the backup had and the restored index lacks.</summary>
    public long LostDocuments { get; init; }

    /// <summary>What a person should know.</summary>
    public ImmutableArray<OperationWarning> Warnings { get; init; } = [];

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }
}
