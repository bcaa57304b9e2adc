namespace Segvault;

/// <summary>How much of an index a backup writes anew. Both kinds are complete to restore from.</summary>
public enum BackupType
{
    /// <summary>Refers to what earlier backups stored and writes only the rest. The first backup of an index is full all the same.</summary>
    Incremental,

    /// <summary>Writes every byte anew, independent of what the repository already has.</summary>
    Full,
}
