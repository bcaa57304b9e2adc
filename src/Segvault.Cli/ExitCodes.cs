namespace Segvault.Cli;

/// <summary>The exit codes, and the one place that says which error ends with which.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Incomplete = 3;
    public const int Refused = 4;
    public const int NoRepository = 10;
    public const int Busy = 11;
    public const int RepositoryNewer = 13;
    public const int NoSuchBackup = 14;
    public const int NotAnIndex = 15;
    public const int Damaged = 20;
    public const int Repaired = 21;
    public const int Unproven = 22;
    public const int StoreUnreachable = 30;
    public const int Interrupted = 130;

    private static readonly Dictionary<string, int> ByCode = new(StringComparer.Ordinal)
    {
        [CliErrorCode.Usage] = Usage,
        [CliErrorCode.Interrupted] = Interrupted,
        [CliErrorCode.Unexpected] = Failed,

        [ErrorCode.IoFailed] = Failed,
        [ErrorCode.PermissionDenied] = Failed,
        [ErrorCode.DiskFull] = Failed,
        [ErrorCode.PathNotFound] = Failed,
        [ErrorCode.IndexVanished] = Failed,
        [ErrorCode.SourceChanged] = Failed,
        [ErrorCode.PinFailed] = Failed,
        [ErrorCode.HookFailed] = Failed,
        [ErrorCode.LockLost] = Failed,
        [ErrorCode.StoreUnsuitable] = Failed,

        [ErrorCode.NameNeeded] = Usage,
        [ErrorCode.EngineNeeded] = Usage,

        [ErrorCode.TargetExists] = Refused,
        [ErrorCode.TargetNotAnIndex] = Refused,
        [ErrorCode.PathsOverlap] = Refused,
        [ErrorCode.NameInUse] = Refused,
        [ErrorCode.SourceDamaged] = Refused,
        [ErrorCode.NotEnoughSpace] = Refused,
        [ErrorCode.UnsafeName] = Refused,
        [ErrorCode.RepositoryNotEmpty] = Refused,
        [ErrorCode.ClockJumped] = Refused,

        [ErrorCode.RepositoryNotFound] = NoRepository,
        [ErrorCode.IndexLocked] = Busy,
        [ErrorCode.WriterActive] = Busy,
        [ErrorCode.RepositoryNewer] = RepositoryNewer,
        [ErrorCode.BackupNotFound] = NoSuchBackup,
        [ErrorCode.BackupAmbiguous] = NoSuchBackup,
        [ErrorCode.BackupRemoved] = NoSuchBackup,
        [ErrorCode.NotAnIndex] = NotAnIndex,
        [ErrorCode.RepositoryDamaged] = Damaged,
        [ErrorCode.ArchiveDamaged] = Damaged,
        [ErrorCode.ArchiveMissing] = Damaged,
        [ErrorCode.IndexDamaged] = Damaged,
        [ErrorCode.StoreUnreachable] = StoreUnreachable,
        [ErrorCode.OutcomeUnknown] = StoreUnreachable,

        [ErrorCode.PartlyLost] = Done,
        [ErrorCode.NoBase] = Done,
        [ErrorCode.LostAllDocuments] = Done,
        [ErrorCode.Shrank] = Done,
        [ErrorCode.Unrelated] = Done,
        [ErrorCode.NotRecorded] = Done,
        [ErrorCode.SourceRotted] = Done,
        [ErrorCode.NotLocked] = Done,
        [ErrorCode.SuspiciousBackup] = Done,
        [ErrorCode.OwnerNotSet] = Done,
        [ErrorCode.LeftoverFound] = Done,
        [ErrorCode.ReopenWriter] = Done,
    };

    /// <summary>The exit code of an error; 0 for the codes that are only ever warnings.</summary>
    public static int Of(string code) => ByCode.TryGetValue(code, out var exit) ? exit : Failed;

    /// <summary>Every code that is mapped.</summary>
    public static IEnumerable<string> Codes => ByCode.Keys;
}
