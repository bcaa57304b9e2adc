using Microsoft.Extensions.Logging;

namespace Segvault.Snapshots;

/// <summary>What snapshots for other tools log. Event ids 350–359.</summary>
internal static partial class SnapshotLog
{
    [LoggerMessage(350, LogLevel.Information, "Making a snapshot of {Index} in {Directory}")]
    public static partial void Started(ILogger logger, string index, string directory);

    [LoggerMessage(351, LogLevel.Information, "Snapshot {Directory} completed in {Elapsed}: {Linked} files linked, {Cloned} cloned, {Copied} copied")]
    public static partial void Completed(ILogger logger, string directory, TimeSpan elapsed, int linked, int cloned, int copied);

    [LoggerMessage(352, LogLevel.Information, "Snapshot {Directory} removed")]
    public static partial void Removed(ILogger logger, string directory);
}
