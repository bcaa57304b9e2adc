using Microsoft.Extensions.Logging;

namespace Segvault.Repositories;

/// <summary>What the repository logs. Event ids 300–349.</summary>
internal static partial class RepositoryLog
{
    [LoggerMessage(300, LogLevel.Debug, "Log entry {Number} was taken by another client; deciding again")]
    public static partial void LostNumber(ILogger logger, long number);

    [LoggerMessage(301, LogLevel.Warning, "Writing log entry {Number} failed (attempt {Attempt}); finding out whether it was written")]
    public static partial void CommitRetried(ILogger logger, long number, int attempt, Exception exception);

    [LoggerMessage(302, LogLevel.Debug, "Pack {Pack} stored: {Chunks} chunks, {Bytes} bytes")]
    public static partial void PackStored(ILogger logger, string pack, int chunks, long bytes);

    [LoggerMessage(303, LogLevel.Information, "{Count} packs of a backup that was not recorded stay in the store")]
    public static partial void PacksLeft(ILogger logger, int count);

    [LoggerMessage(304, LogLevel.Warning, "No checkpoint could be written after log entry {Number}; it would only have saved time")]
    public static partial void CheckpointFailed(ILogger logger, long number, Exception exception);
}
