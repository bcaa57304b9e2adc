using System.Collections.Immutable;

namespace Segvault;

/// <summary>How a restored index takes the target's place.</summary>
public enum RestoreMethod
{
    /// <summary>The target does not exist: the finished directory is moved to its place.</summary>
    Create,

    /// <summary>The finished directory and the old one change places in one step.</summary>
    Exchange,

    /// <summary>Files are put into the directory one by one, the commit file last.</summary>
    InPlace,
}

/// <summary>What a restore would do.</summary>
public sealed record RestorePlan
{
    /// <summary>The backup.</summary>
    public required BackupManifest Backup { get; init; }

    /// <summary>The target directory, absolute.</summary>
    public required string Target { get; init; }

    /// <summary>How the restored index takes its place.</summary>
    public required RestoreMethod Method { get; init; }

    /// <summary>Why this method was chosen, when it was not the first choice.</summary>
    public string? MethodReason { get; init; }

    /// <summary>True when an index is replaced.</summary>
    public bool ReplacesIndex { get; init; }

    /// <summary>Files, and whether each is already in the target.</summary>
    public required ImmutableArray<PlannedFile> Files { get; init; }

    /// <summary>Bytes of content to be read from the repository, before they are decompressed: the stored size.</summary>
    public long BytesToFetch { get; init; }

    /// <summary>Bytes that the target already has, by name and length; they are compared by SHA-256 before they are used.</summary>
    public long BytesReused => Files.Where(file => file.Reused).Sum(file => file.Length);

    /// <summary>Files in the target that are not the engine's. They are carried over.</summary>
    public int ForeignFiles { get; init; }

    /// <summary>Free space that the restore needs at most, in bytes.</summary>
    public long SpaceNeeded { get; init; }

    /// <summary>Free space there is, in bytes; null where it is not known.</summary>
    public long? SpaceAvailable { get; init; }

    /// <summary>Files of the backup that are lost; only with <see cref="RestoreOptions.AllowPartial"/> is there anything else to be had then.</summary>
    public ImmutableArray<LostFile> LostFiles { get; init; } = [];

    /// <summary>Segments that the restored index lacks because a file of theirs is lost.</summary>
    public ImmutableArray<string> LostSegments { get; init; } = [];

    /// <summary>Documents that the backup had and the restored index lacks.</summary>
    public long LostDocuments { get; init; }

    /// <summary>What a person should know.</summary>
    public ImmutableArray<OperationWarning> Warnings { get; init; } = [];
}
