namespace Segvault;

/// <summary>The stable codes of errors and warnings. Each has a row in docs/errors.md.</summary>
public static class ErrorCode
{
    /// <summary>An input or output operation failed.</summary>
    public const string IoFailed = "io-failed";

    /// <summary>A file or directory may not be read or written by this user.</summary>
    public const string PermissionDenied = "permission-denied";

    /// <summary>A file system ran out of space while it was written to.</summary>
    public const string DiskFull = "disk-full";

    /// <summary>A file or directory that was named does not exist.</summary>
    public const string PathNotFound = "path-not-found";

    /// <summary>The index disappeared while it was being read.</summary>
    public const string IndexVanished = "index-vanished";

    /// <summary>A file of the index changed while it was being read.</summary>
    public const string SourceChanged = "source-changed";

    /// <summary>No consistent snapshot could be pinned within the allowed attempts.</summary>
    public const string PinFailed = "pin-failed";

    /// <summary>A hook ended with an error.</summary>
    public const string HookFailed = "hook-failed";

    /// <summary>The lock on the index was lost while work was under way.</summary>
    public const string LockLost = "lock-lost";

    /// <summary>The target, or the directory of a snapshot, exists, and nothing allowed replacing it.</summary>
    public const string TargetExists = "target-exists";

    /// <summary>The target holds something that is not an index of the backup's engine.</summary>
    public const string TargetNotAnIndex = "target-not-an-index";

    /// <summary>Target and repository, or index and repository, or index and snapshot, lie within one another.</summary>
    public const string PathsOverlap = "paths-overlap";

    /// <summary>The name belongs to an index at another path.</summary>
    public const string NameInUse = "name-in-use";

    /// <summary>Files of the index to be backed up are damaged.</summary>
    public const string SourceDamaged = "source-damaged";

    /// <summary>There is not enough free space for what is to be written.</summary>
    public const string NotEnoughSpace = "not-enough-space";

    /// <summary>A time in the repository is yet to come, so retention would count from a wrong one.</summary>
    public const string ClockJumped = "clock-jumped";

    /// <summary>A manifest names a file that must not or cannot be written on this system.</summary>
    public const string UnsafeName = "unsafe-name";

    /// <summary>No repository is at the place named.</summary>
    public const string RepositoryNotFound = "repository-not-found";

    /// <summary>The place for a new repository already holds something else.</summary>
    public const string RepositoryNotEmpty = "repository-not-empty";

    /// <summary>The store cannot create an object only if it is absent.</summary>
    public const string StoreUnsuitable = "store-unsuitable";

    /// <summary>Another backup or restore holds the index.</summary>
    public const string IndexLocked = "index-locked";

    /// <summary>The index's writer is alive.</summary>
    public const string WriterActive = "writer-active";

    /// <summary>The repository needs a newer Segvault.</summary>
    public const string RepositoryNewer = "repository-newer";

    /// <summary>No backup fits what was asked for.</summary>
    public const string BackupNotFound = "backup-not-found";

    /// <summary>The backup was removed and collected, maybe while it was being read.</summary>
    public const string BackupRemoved = "backup-removed";

    /// <summary>Several backups fit what was asked for.</summary>
    public const string BackupAmbiguous = "backup-ambiguous";

    /// <summary>The repository has backups of several indexes, and it was not said which is meant.</summary>
    public const string NameNeeded = "name-needed";

    /// <summary>A query needs the engine itself, and none was found.</summary>
    public const string EngineNeeded = "engine-needed";

    /// <summary>The directory is not an index.</summary>
    public const string NotAnIndex = "not-an-index";

    /// <summary>An object of the repository is missing, cut short or changed.</summary>
    public const string RepositoryDamaged = "repository-damaged";

    /// <summary>An archive is damaged, cut short, or not what its manifest says.</summary>
    public const string ArchiveDamaged = "archive-damaged";

    /// <summary>An archive that a backup needs is not there.</summary>
    public const string ArchiveMissing = "archive-missing";

    /// <summary>The files of an index do not agree with one another or with their checksums.</summary>
    public const string IndexDamaged = "index-damaged";

    /// <summary>The store could not be reached.</summary>
    public const string StoreUnreachable = "store-unreachable";

    /// <summary>A commit was attempted and its outcome is not known.</summary>
    public const string OutcomeUnknown = "outcome-unknown";

    /// <summary>Warning: files of a backup are lost, and what is whole was restored.</summary>
    public const string PartlyLost = "partly-lost";

    /// <summary>Warning: no archive could serve as base, so a full one was made.</summary>
    public const string NoBase = "no-base";

    /// <summary>Warning: every document of the index is gone since the last backup.</summary>
    public const string LostAllDocuments = "lost-all-documents";

    /// <summary>Warning: the index has less than half of the documents, or of the bytes for them, that it had in the last backup.</summary>
    public const string Shrank = "shrank";

    /// <summary>Warning: the index shares no segment with the last backup, and no merge explains it.</summary>
    public const string Unrelated = "unrelated";

    /// <summary>Warning: bytes of a file rotted since a backup; the backup keeps the good copy.</summary>
    public const string SourceRotted = "source-rotted";

    /// <summary>Warning: the index could not be locked, because its directory cannot be written.</summary>
    public const string NotLocked = "not-locked";

    /// <summary>Warning: the newest backup is marked as suspicious.</summary>
    public const string SuspiciousBackup = "suspicious-backup";

    /// <summary>Warning: what a verification or a drill found could not be recorded in the repository.</summary>
    public const string NotRecorded = "not-recorded";

    /// <summary>Warning: owner or mode could not be set as recorded.</summary>
    public const string OwnerNotSet = "owner-not-set";

    /// <summary>Warning: what an interrupted run left behind was found.</summary>
    public const string LeftoverFound = "leftover-found";

    /// <summary>Warning: readers reload by themselves, a writer must reopen the index.</summary>
    public const string ReopenWriter = "reopen-writer";
}
