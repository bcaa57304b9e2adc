using Segvault.Engines;

namespace Segvault.Backup;

/// <summary>What is done about one file of a snapshot.</summary>
/// <param name="File">The file.</param>
/// <param name="Reuse">The stored copy to refer to; null when the file is to be read and stored.</param>
internal sealed record FileDecision(SnapshotFile File, KnownFile? Reuse);

/// <summary>What is done about a whole snapshot.</summary>
internal sealed record BackupDecision
{
    public required IReadOnlyList<FileDecision> Files { get; init; }

    /// <summary>The newest backup of the index's name.</summary>
    public required BackupManifest? Newest { get; init; }

    /// <summary>The backup that the new one is compared with; null when there is nothing to compare with.</summary>
    public required BackupId? Base { get; init; }

    /// <summary>Files found damaged while deciding, by name.</summary>
    public required IReadOnlyDictionary<string, string> Damaged { get; init; }

    /// <summary>Files of the index that rotted while the repository keeps a good copy, which the backup goes on using, by name.</summary>
    public required IReadOnlyDictionary<string, string> Rotted { get; init; }

    /// <summary>Bytes read while deciding.</summary>
    public required long BytesRead { get; init; }

    public long BytesToStore => Files.Where(file => file.Reuse is null).Sum(file => file.File.Length);

    /// <summary>True when the newest backup holds exactly this state, every byte of it still in the store.</summary>
    public bool IsUnchanged =>
        Newest is not null && !Newest.Flags.Contains(BackupFlag.Damaged)
        && Damaged.Count == 0 && Files.Count == Newest.Files.Length && Files.All(file => file.Reuse?.Manifest == Newest);
}

/// <summary>Remarks that are recorded with a backup.</summary>
internal static class BackupFlag
{
    public const string Damaged = "damaged";
    public const string LostAllDocuments = ErrorCode.LostAllDocuments;
    public const string Shrank = ErrorCode.Shrank;
    public const string Unrelated = ErrorCode.Unrelated;

    /// <summary>It came from an archive, so its place in the log says nothing of its age.</summary>
    public const string Imported = "imported";
}
