using Microsoft.Extensions.Logging;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>
/// The only ordering point of a repository: entry <i>n</i> belongs to whoever creates it first, and is valid only for the state that its writer
/// had folded up to <i>n</i> − 1.
/// </summary>
internal sealed class TransactionLog(ObjectStore store, ObjectId repository, TimeProvider timeProvider)
{
    private readonly LogReader _reader = new(store, repository);
    private LogState _state = LogState.Empty;

    /// <summary>Reads what is new and returns the whole state. It may end before the tip: see <see cref="LogState.Obstacle"/>.</summary>
    public Task<LogState> FoldAsync(CancellationToken cancellationToken) => FoldAsync(0, cancellationToken);

    /// <summary>
    /// Appends the entry that <paramref name="decide"/> makes of the state. Whenever another client was faster, the state is folded again and
    /// <paramref name="decide"/> is asked again, from the whole prefix; it throws when the entry is no longer allowed.
    /// <paramref name="attempting"/> is called before an attempt that may succeed: from then on nothing that the entry names may be deleted.
    /// </summary>
    /// <returns>The state after the entry.</returns>
    /// <exception cref="CommitOutcomeUnknownException">The store did not answer, and whether the entry was written could not be found out.</exception>
    public async Task<LogState> AppendAsync(Func<LogState, LogEntry> decide, Action attempting, ILogger logger, CancellationToken cancellationToken)
    {
        var taken = 0L;
        while (true)
        {
            var state = await FoldAsync(taken, cancellationToken).ConfigureAwait(false);
            state.EnsureWritable(store.Location);
            var entry = decide(state) with
            {
                Number = state.NextNumber,
                Previous = state.TipSha256,
                Random = ObjectId.NewRandom().ToString(),
                Time = timeProvider.GetUtcNow(),
                Writer = $"{Environment.MachineName}:{Environment.ProcessId}",
            };
            cancellationToken.ThrowIfCancellationRequested();
            var commit = new LogCommit(store, repository, entry, attempting, timeProvider, logger);
            if (await commit.RunAsync().ConfigureAwait(false))
            {
                // Nothing is read any more: what is recorded must not be reported as a failure.
                state = state.Apply(entry, commit.Sha256);
                Volatile.Write(ref _state, state);
                return state;
            }

            RepositoryLog.LostNumber(logger, entry.Number);
            taken = entry.Number + 1;
        }
    }

    private async Task<LogState> FoldAsync(long atLeast, CancellationToken cancellationToken)
    {
        // What stood in the way may have been mended since, so such a state is never built upon.
        var known = Volatile.Read(ref _state);
        var state = await _reader.FoldAsync(known.Obstacle is null ? known : LogState.Empty, atLeast, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _state, state);
        return state;
    }
}
