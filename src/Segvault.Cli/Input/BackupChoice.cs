using Segvault.Cli.Output;

namespace Segvault.Cli.Input;

/// <summary>The backup that a person means.</summary>
internal sealed record BackupChoice(string Backup, string? Name = null, DateTimeOffset? At = null)
{
    public const string Latest = "latest";

    /// <summary>Says where a backup comes from, and nothing against it.</summary>
    private const string ImportedFlag = "imported";

    /// <summary>False for a command that has no <c>--name</c> to choose with.</summary>
    public bool CanName { get; init; }

    public async Task<BackupSummary> FindAsync(BackupManager manager, CancellationToken cancellationToken)
    {
        try
        {
            return await manager.FindBackupAsync(Backup, Name, At, cancellationToken);
        }
        catch (SegvaultException e) when (e.Code == ErrorCode.NameNeeded && !CanName)
        {
            throw new SegvaultException(e.Code, e.Message, "Name the backup by its id: `segvault list` shows the ids.", e);
        }
    }

    /// <summary>What speaks against the latest backup, and which one to take instead; null when nothing does, or when it was named by its id.</summary>
    public async Task<OperationWarning?> FindDoubtAsync(BackupManager manager, BackupSummary found, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (Backup != Latest || !found.IsSuspicious)
        {
            return null;
        }

        BackupSummary? better = null;
        await foreach (var backup in manager.ListBackupsAsync(found.Name, cancellationToken))
        {
            if (!backup.IsSuspicious && (At is null || backup.Time <= At) && (better is null || backup.Time >= better.Time))
            {
                better = backup;
            }
        }

        var advice = better is null
            ? "There is no backup of this index without such a remark."
            : $"The newest one without such a remark is {better.Id.ToShortString()}, {Quantities.LocalTime(better.Time, clock)}.";
        return new OperationWarning(
            ErrorCode.SuspiciousBackup,
            $"Backup {found.Id.ToShortString()} of '{found.Name}' is marked: {string.Join(", ", found.Flags.Where(flag => flag != ImportedFlag))}. {advice}");
    }
}
