using Microsoft.Extensions.Logging;

namespace Segvault.Restore;

/// <summary>What a restore logs. Event ids 150–199.</summary>
internal static partial class RestoreLog
{
    [LoggerMessage(150, LogLevel.Information, "Restoring backup {Backup} to {Target} ({Method}{Reason})")]
    public static partial void Started(ILogger logger, BackupId backup, string target, RestoreMethod method, string reason);

    [LoggerMessage(151, LogLevel.Information, "Staged and verified {Files} files, {Fetched} bytes from the repository, {Reused} bytes from the index that was there")]
    public static partial void Staged(ILogger logger, int files, long fetched, long reused);

    [LoggerMessage(152, LogLevel.Warning, "Replaced the index at {Target}")]
    public static partial void Replaced(ILogger logger, string target);

    [LoggerMessage(153, LogLevel.Information, "Restored backup {Backup} to {Target} in {Elapsed}")]
    public static partial void Completed(ILogger logger, BackupId backup, string target, TimeSpan elapsed);

    [LoggerMessage(154, LogLevel.Warning, "{Message}")]
    public static partial void LeftoverFound(ILogger logger, string message);
}
