using Microsoft.Extensions.Logging;
using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>Records in the log what was found out of packs and backups, as far as the log can be written to.</summary>
internal sealed class VerificationRecord(RepositoryObjects repository, ILogger logger)
{
    // Only a log that can be written to is asked for an entry.
    private bool _wasWhole;

    /// <summary>Records packs read whole.</summary>
    /// <param name="good">Names of packs of which every byte is good.</param>
    /// <param name="bad">Names of packs that are bad.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>Why it could not be recorded; null when it was, or there was nothing to record.</returns>
    /// <exception cref="DamageException">The log was whole and is not any more: the store did not keep the entry.</exception>
    public async Task<OperationWarning?> PacksAsync(IReadOnlyCollection<string> good, IReadOnlyCollection<string> bad, CancellationToken cancellationToken)
    {
        try
        {
            await AppendPacksAsync(good, bad, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (IsWarning(exception))
        {
            return Warning("What was verified", exception);
        }
    }

    /// <summary>As <see cref="PacksAsync"/>, for whom nothing goes on when it could not be recorded.</summary>
    public async Task AppendPacksAsync(IReadOnlyCollection<string> good, IReadOnlyCollection<string> bad, CancellationToken cancellationToken)
    {
        var results = bad.Select(name => (Name: name, IsGood: false)).Concat(good.Select(name => (Name: name, IsGood: true)));
        foreach (var part in results.Chunk(NamesBody.Most))
        {
            await AppendAsync(
                state => new VerifiedBody
                {
                    // What was erased meanwhile is nobody's any more.
                    Names = [.. part.Where(result => !result.IsGood && !state.Erased.Contains(result.Name)).Select(result => result.Name)],
                    Good = [.. part.Where(result => result.IsGood && !state.Erased.Contains(result.Name)).Select(result => result.Name)],
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Records the verdict of a drill.</summary>
    /// <returns>Why it could not be recorded; null when it was.</returns>
    /// <exception cref="DamageException">As for <see cref="PacksAsync"/>.</exception>
    public async Task<OperationWarning?> DrillAsync(DrillBody drill, CancellationToken cancellationToken)
    {
        try
        {
            await AppendAsync(_ => new VerifiedBody { Names = [], Drill = drill }, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (IsWarning(exception))
        {
            return Warning("The verdict of this drill", exception);
        }
    }

    private Task<LogState> AppendAsync(Func<LogState, VerifiedBody> decide, CancellationToken cancellationToken) => repository.Log.AppendAsync(
        state =>
        {
            _wasWhole = true;
            return LogEntry.Draft(LogKind.Verified) with { Verified = decide(state) };
        },
        logger,
        cancellationToken);

    private bool IsWarning(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or SegvaultException && !(exception is DamageException && _wasWhole);

    private OperationWarning Warning(string what, Exception exception) =>
        new(ErrorCode.NotRecorded, $"{what} could not be recorded in the repository at {repository.Store.Location}: {exception.Message}");
}
