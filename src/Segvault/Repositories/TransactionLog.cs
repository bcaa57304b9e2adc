using Microsoft.Extensions.Logging;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>
/// The only ordering point of a repository: entry <i>n</i> belongs to whoever creates it first, and is valid only for the state that its writer
/// had folded up to <i>n</i> − 1.
/// </summary>
internal sealed class TransactionLog(ObjectStore store, ObjectId repository, TimeProvider timeProvider)
{
    private const int ResolveAttempts = 8;

    private readonly LogReader _reader = new(store, repository);
    private LogState _state = LogState.Empty;

    /// <summary>Reads what is new and returns the whole state. The log may be damaged: see <see cref="LogState.Damage"/>.</summary>
    public async Task<LogState> FoldAsync(CancellationToken cancellationToken)
    {
        // Damage may have been mended since, so a damaged state is never built upon.
        var known = Volatile.Read(ref _state);
        var state = await _reader.FoldAsync(known.Damage is null ? known : LogState.Empty, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _state, state);
        return state;
    }

    /// <summary>
    /// Appends the entry that <paramref name="decide"/> makes of the state. Whenever another client was faster, the state is folded again and
    /// <paramref name="decide"/> is asked again, from the whole prefix; it throws when the entry is no longer allowed.
    /// <paramref name="attempting"/> is called once, before the first attempt: from then on nothing that the entry names may be deleted.
    /// </summary>
    /// <returns>The state after the entry.</returns>
    /// <exception cref="CommitOutcomeUnknownException">The store did not answer, and whether the entry was written could not be found out.</exception>
    public async Task<LogState> AppendAsync(Func<LogState, LogEntry> decide, Action attempting, ILogger logger, CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = await FoldAsync(cancellationToken).ConfigureAwait(false);
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
            attempting();

            // From here on nothing is cancelled: half a commit is no answer.
            if (await PutAsync(entry, logger).ConfigureAwait(false))
            {
                await BarrierAsync(entry).ConfigureAwait(false);
                return await FoldAsync(CancellationToken.None).ConfigureAwait(false);
            }

            RepositoryLog.LostNumber(logger, entry.Number);
        }
    }

    public LogReader Reader => _reader;

    /// <summary>True when the entry is in the log; false when somebody else has its number.</summary>
    private async Task<bool> PutAsync(LogEntry entry, ILogger logger)
    {
        var name = LogReader.NameOf(entry.Number);
        var bytes = LogReader.Seal(entry, repository);
        Exception? failure = null;
        for (var attempt = 0; attempt < ResolveAttempts; attempt++)
        {
            if (attempt > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), timeProvider, CancellationToken.None).ConfigureAwait(false);
            try
            {
                if (await store.PutIfAbsentAsync(name, bytes, CancellationToken.None).ConfigureAwait(false))
                    return true;

                // Taken: by somebody else, or by this very entry when the reply to an earlier attempt was lost.
                var there = await store.ReadAsync(name, CancellationToken.None).ConfigureAwait(false);
                if (there is not null)
                    return there.AsSpan().SequenceEqual(bytes);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SegvaultException or TimeoutException)
            {
                // Absent would prove nothing, the put may still land: the same bytes are put again until the number is taken.
                failure = exception;
                RepositoryLog.CommitRetried(logger, entry.Number, attempt + 1, exception);
            }
        }

        return await GiveUpAsync(entry, name, bytes, failure).ConfigureAwait(false);
    }

    /// <summary>The number is taken with an entry that says nothing, so that a put still on its way cannot land any more.</summary>
    private async Task<bool> GiveUpAsync(LogEntry entry, string name, byte[] bytes, Exception? failure)
    {
        try
        {
            var nop = new LogEntry
            {
                Kind = LogKind.Nop,
                Number = entry.Number,
                Previous = entry.Previous,
                Random = ObjectId.NewRandom().ToString(),
                Time = entry.Time,
                Writer = entry.Writer,
            };
            if (!await store.PutIfAbsentAsync(name, LogReader.Seal(nop, repository), CancellationToken.None).ConfigureAwait(false)
                && await store.ReadAsync(name, CancellationToken.None).ConfigureAwait(false) is { } there)
                return there.AsSpan().SequenceEqual(bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SegvaultException or TimeoutException)
        {
            throw Unknown(entry, failure ?? exception);
        }

        throw new SegvaultException(
            ErrorCode.StoreUnreachable,
            $"The repository at {store.Location} did not take log entry {name}: {failure?.Message}",
            "No backup was recorded. Find out why the store fails, then run the command again.",
            failure);
    }

    private async Task BarrierAsync(LogEntry entry)
    {
        try
        {
            await store.BarrierAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A second fsync after a failed one may succeed without having written anything, so it is not tried.
            throw Unknown(entry, exception);
        }
    }

    private CommitOutcomeUnknownException Unknown(LogEntry entry, Exception inner) => new(
        LogReader.NameOf(entry.Number),
        $"Whether log entry {LogReader.NameOf(entry.Number)} reached the repository at {store.Location} is not known: {inner.Message}",
        "Run `segvault list` once the store works again: the backup is either there, whole, or not. Nothing else was harmed.",
        inner);
}
