using Microsoft.Extensions.Logging;

namespace Segvault.Backup;

/// <summary>What a backup logs. Event ids 100–149.</summary>
internal static partial class BackupLog
{
    [LoggerMessage(100, LogLevel.Information, "Backing up {Index} as {Name} ({Type})")]
    public static partial void Started(ILogger logger, string index, string name, BackupType type);

    [LoggerMessage(101, LogLevel.Information, "Pinned {Files} files with {Documents} documents after {Attempts} attempts; the engine's lock was held for {Held}")]
    public static partial void Pinned(ILogger logger, int files, long documents, int attempts, TimeSpan held);

    [LoggerMessage(102, LogLevel.Information, "The backup is {Type}: {Stored} bytes to store, {Reused} files reused, base {Base}")]
    public static partial void Decided(ILogger logger, BackupType type, long stored, int reused, string? @base);

    [LoggerMessage(103, LogLevel.Warning, "The manifest of backup {Backup} cannot be read; files are stored again instead")]
    public static partial void ParentUnreadable(ILogger logger, string backup, Exception exception);

    [LoggerMessage(104, LogLevel.Information, "A pack that the backup refers to was collected meanwhile; storing again what it held")]
    public static partial void PackCollected(ILogger logger);

    [LoggerMessage(105, LogLevel.Information, "Backup {Backup} completed: {Bytes} bytes stored in {Elapsed}")]
    public static partial void Completed(ILogger logger, BackupId backup, long bytes, TimeSpan elapsed);

    [LoggerMessage(106, LogLevel.Information, "Nothing changed since backup {Backup}")]
    public static partial void Unchanged(ILogger logger, BackupId backup);

    [LoggerMessage(108, LogLevel.Information, "{Packs} packs with {Bytes} bytes that no backup refers to may be taken over")]
    public static partial void Resumable(ILogger logger, int packs, long bytes);

    [LoggerMessage(107, LogLevel.Warning, "Backed up without a lock: {Index} cannot be written")]
    public static partial void NotLocked(ILogger logger, string index);
}
