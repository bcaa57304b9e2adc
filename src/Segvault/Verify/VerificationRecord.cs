using Microsoft.Extensions.Logging;
using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>Records in the log what was found out of packs and backups, as far as the log can be written to.</summary>
internal sealed class VerificationRecord(RepositoryObjects repository, ILogger logger)
{
    /// <summary>Names in one entry: a bound on what a reader has to take at once.</summary>
    private const int MostNames = 4096;

    /// <summary>Records packs read whole.</summary>
    /// <param name="good">Names of packs of which every byte is good.</param>
    /// <param name="bad">Names of packs that are bad.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>Why it could not be recorded; null when it was, or there was nothing to record.</returns>
    public async Task<OperationWarning?> PacksAsync(IReadOnlyCollection<string> good, IReadOnlyCollection<string> bad, CancellationToken cancellationToken)
    {
        var results = bad.Select(name => (Name: name, IsGood: false)).Concat(good.Select(name => (Name: name, IsGood: true)));
        foreach (var part in results.Chunk(MostNames))
        {
            var failure = await TryAppendAsync(
                state => new VerifiedBody
                {
                    // What was erased meanwhile is nobody's any more.
                    Names = [.. part.Where(result => !result.IsGood && !state.Erased.Contains(result.Name)).Select(result => result.Name)],
                    Good = [.. part.Where(result => result.IsGood && !state.Erased.Contains(result.Name)).Select(result => result.Name)],
                },
                "What was verified",
                cancellationToken).ConfigureAwait(false);
            if (failure is not null)
                return failure;
        }

        return null;
    }

    /// <summary>Records the verdict of a drill.</summary>
    /// <returns>Why it could not be recorded; null when it was.</returns>
    public Task<OperationWarning?> DrillAsync(DrillBody drill, CancellationToken cancellationToken) =>
        TryAppendAsync(_ => new VerifiedBody { Names = [], Drill = drill }, "The verdict of this drill", cancellationToken);

    private async Task<OperationWarning?> TryAppendAsync(Func<LogState, VerifiedBody> decide, string what, CancellationToken cancellationToken)
    {
        try
        {
            await repository.Log.AppendAsync(
                state => LogEntry.Draft(LogKind.Verified) with { Verified = decide(state) }, () => { }, logger, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SegvaultException)
        {
            return new OperationWarning(ErrorCode.NotRecorded, $"{what} could not be recorded in the repository at {repository.Store.Location}: {exception.Message}");
        }
    }
}
