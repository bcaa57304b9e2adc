using System.Collections.Immutable;
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

    /// <summary>Reads the whole log and trusts nothing that was folded before, no checkpoint either.</summary>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <param name="atLeast">Numbers below this one are known to be taken, whatever a listing says.</param>
    /// <param name="passing">Takes the state after every entry; when folding had to begin anew, what it took before counts no more.</param>
    public Task<LogState> FoldWholeAsync(CancellationToken cancellationToken, long atLeast = 0, Action<LogState>? passing = null) =>
        _reader.FoldWholeAsync(atLeast, [], cancellationToken, passing);

    /// <summary>
    /// Appends the entry that <paramref name="decide"/> makes of the state. Whenever another client was faster, the state is folded again and
    /// <paramref name="decide"/> is asked again, from the whole prefix; it throws when the entry is no longer allowed.
    /// </summary>
    /// <returns>The state after the entry.</returns>
    /// <exception cref="CommitOutcomeUnknownException">The store did not answer, and whether the entry was written could not be found out.</exception>
    public Task<LogState> AppendAsync(Func<LogState, LogEntry> decide, ILogger logger, CancellationToken cancellationToken) =>
        DecideAndAppendAsync((state, _) => Task.FromResult<LogEntry?>(decide(state)), logger, cancellationToken);

    /// <summary>As <see cref="AppendAsync"/>, with a decision that has to read something first. Null means that there is nothing to record; the state is returned as it is.</summary>
    public async Task<LogState> DecideAndAppendAsync(
        Func<LogState, CancellationToken, Task<LogEntry?>> decide, ILogger logger, CancellationToken cancellationToken)
    {
        var taken = 0L;
        while (true)
        {
            var state = await FoldAsync(taken, cancellationToken).ConfigureAwait(false);
            state.EnsureWritable(store.Location);
            if (await decide(state, cancellationToken).ConfigureAwait(false) is not { } entry)
                return state;
            if (await TryAppendAsync(state, entry, logger, cancellationToken).ConfigureAwait(false) is { } appended)
                return appended;
            taken = state.NextNumber + 1;
        }
    }

    /// <summary>
    /// Appends an entry right after the state that it was decided for, which was folded whole, and nowhere else; null when another client has that
    /// number. Then everything has to be decided again, from the whole log.
    /// </summary>
    /// <exception cref="CommitOutcomeUnknownException">The store did not answer, and whether the entry was written could not be found out.</exception>
    public Task<LogState?> AppendToAsync(LogState state, LogEntry entry, ILogger logger, CancellationToken cancellationToken)
    {
        state.EnsureWritable(store.Location);
        return TryAppendAsync(state, entry, logger, cancellationToken);
    }

    /// <summary>Passes over every entry that is lost, so that the log can be written to again.</summary>
    /// <returns>What was passed over; empty when the log is sound.</returns>
    /// <exception cref="UnsupportedFormatException">An entry needs a newer version: it is not lost.</exception>
    public async Task<IReadOnlyList<SkipBody>> BridgeAsync(ILogger logger, CancellationToken cancellationToken)
    {
        var taken = 0L;
        while (true)
        {
            var (state, lost) = await SurveyAsync(taken, cancellationToken).ConfigureAwait(false);
            state.EnsureWritable(store.Location);
            if (await RecordAsync(state, [.. lost], logger, cancellationToken).ConfigureAwait(false))
                return lost;
            taken = state.NextNumber + 1;
        }
    }

    /// <summary>Reads the whole log, passes over every entry that is lost, and records nothing.</summary>
    public Task<(LogState State, IReadOnlyList<SkipBody> Lost)> SurveyAsync(CancellationToken cancellationToken) => SurveyAsync(0, cancellationToken);

    private async Task<(LogState State, IReadOnlyList<SkipBody> Lost)> SurveyAsync(long atLeast, CancellationToken cancellationToken)
    {
        ImmutableList<SkipBody> lost = [];
        while (true)
        {
            var state = await _reader.FoldWholeAsync(atLeast, lost, cancellationToken).ConfigureAwait(false);
            if (state.Obstacle is not DamageException)
                return (state, lost);
            lost = lost.Add(await _reader.FindLostAsync(state, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>False when another client took a number meanwhile.</summary>
    private async Task<bool> RecordAsync(LogState state, ImmutableList<SkipBody> lost, ILogger logger, CancellationToken cancellationToken)
    {
        foreach (var skip in lost)
        {
            var entry = LogEntry.Draft(LogKind.Skip) with { Skip = skip };
            if (await TryAppendAsync(state, entry, logger, cancellationToken).ConfigureAwait(false) is not { } next)
                return false;
            state = next;
        }

        return true;
    }

    /// <summary>The state after the entry; null when somebody else has its number.</summary>
    private async Task<LogState?> TryAppendAsync(LogState state, LogEntry draft, ILogger logger, CancellationToken cancellationToken)
    {
        var entry = draft with
        {
            Number = state.NextNumber,
            Previous = state.TipSha256,
            Random = ObjectId.NewRandom().ToString(),
            Time = timeProvider.GetUtcNow(),
            Writer = $"{Environment.MachineName}:{Environment.ProcessId}",
        };
        cancellationToken.ThrowIfCancellationRequested();
        var commit = new LogCommit(store, repository, entry, timeProvider, logger);
        if (!await commit.RunAsync().ConfigureAwait(false))
        {
            RepositoryLog.LostNumber(logger, entry.Number);
            return null;
        }

        // Nothing is read any more: what is recorded must not be reported as a failure.
        state = state.Apply(entry, commit.Sha256);
        Volatile.Write(ref _state, state);
        if (state.NextNumber % CheckpointStore.Interval == 0)
            await WriteCheckpointAsync(state, logger).ConfigureAwait(false);
        return state;
    }

    private async Task WriteCheckpointAsync(LogState state, ILogger logger)
    {
        try
        {
            await new CheckpointStore(store, repository).WriteAsync(state, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            RepositoryLog.CheckpointFailed(logger, state.NextNumber - 1, exception);
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
