using Microsoft.Extensions.Logging;

namespace Segvault.Engines.Tantivy;

internal static partial class TantivyLog
{
    [LoggerMessage(200, LogLevel.Debug,
        "Pinned {Directory}: {Files} files, {Attempts} attempts, meta lock held for {LockMilliseconds} ms, links in {Hold}")]
    public static partial void Pinned(ILogger logger, string directory, int files, int attempts, double lockMilliseconds, string? hold);

    [LoggerMessage(201, LogLevel.Debug, "{Directory} changed during attempt {Attempt} to pin it; trying again in {DelayMilliseconds} ms")]
    public static partial void Retrying(ILogger logger, string directory, int attempt, double delayMilliseconds);

    [LoggerMessage(202, LogLevel.Warning, "{Path} stayed locked for {Seconds} s; going on without it, by reading meta.json twice")]
    public static partial void MetaLockBusy(ILogger logger, string path, double seconds);
}
