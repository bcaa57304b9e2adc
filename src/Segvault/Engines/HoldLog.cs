using Microsoft.Extensions.Logging;

namespace Segvault.Engines;

internal static partial class HoldLog
{
    [LoggerMessage(210, LogLevel.Information, "Removed {Path}, left behind by a run that was killed")]
    public static partial void StaleHoldRemoved(ILogger logger, string path);

    [LoggerMessage(211, LogLevel.Warning, "{Path} was left behind by an earlier run and could not be removed: {Reason}")]
    public static partial void StaleHoldNotRemoved(ILogger logger, string path, string reason);
}
