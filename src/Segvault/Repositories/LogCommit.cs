using Microsoft.Extensions.Logging;
using Segvault.IO.Native;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>
/// Gets one entry to its number and finds out whether it got there. Nothing in here is cancelled, and every kind of failure is met in the same
/// way: half a commit is no answer.
/// </summary>
internal sealed class LogCommit(ObjectStore store, ObjectId repository, LogEntry entry, TimeProvider timeProvider, ILogger logger)
{
    private const int Attempts = 8;

    private readonly string _name = LogReader.NameOf(entry.Number);
    private readonly byte[] _bytes = LogReader.Seal(entry, repository);
    private Exception? _failure;
    private bool _attempted;

    /// <summary>SHA-256 of the entry as it is stored.</summary>
    public string Sha256 => LogReader.Hash(_bytes);

    /// <summary>True when the entry is in the log and would survive a power cut; false when somebody else has its number.</summary>
    /// <exception cref="CommitOutcomeUnknownException">It may be in the log or not.</exception>
    public async Task<bool> RunAsync()
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (attempt > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), timeProvider, CancellationToken.None).ConfigureAwait(false);
            try
            {
                var accepted = await PutAsync().ConfigureAwait(false);

                // Read also when it was accepted: some stores overwrite where they should refuse.
                if (await store.ReadAsync(_name, CancellationToken.None).ConfigureAwait(false) is not { } there)
                {
                    _failure = new IOException("the store does not show what it says it has");
                    continue;
                }

                if (IsMine(there))
                    return await EndureAsync().ConfigureAwait(false);
                return !accepted && IsSomebodyElses(there)
                    ? false
                    : throw Unknown(new InvalidDataException("what is stored there is not what was written"));
            }
            catch (Exception exception) when (MayUseReserve && NativeError.IsDiskFull(exception) && store.GiveUpReserve())
            {
                // On a full disk, what makes room must be able to say so.
                if (_attempted)
                    _failure = exception;
                RepositoryLog.ReserveUsed(logger, entry.Number);
            }
            catch (Exception exception) when (_attempted && exception is not CommitOutcomeUnknownException)
            {
                // Absent would prove nothing, the put may still land: the same bytes are put again until the number is taken.
                _failure = exception;
                RepositoryLog.CommitRetried(logger, entry.Number, attempt + 1, exception);
            }
        }

        return await GiveUpAsync().ConfigureAwait(false);
    }

    /// <summary>Until an upload is completed nothing can have become visible, so a failure before that is a plain failure.</summary>
    private async Task<bool> PutAsync()
    {
        var upload = await store.CreateAsync(_name, CancellationToken.None).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            await upload.WriteAsync(_bytes, CancellationToken.None).ConfigureAwait(false);
            _attempted = true;
            return await upload.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>The number is taken with an entry that says nothing, so that a put still on its way cannot land any more.</summary>
    private async Task<bool> GiveUpAsync()
    {
        var nop = LogReader.Seal(
            new LogEntry
            {
                Kind = LogKind.Nop,
                Number = entry.Number,
                Previous = entry.Previous,
                Random = ObjectId.NewRandom().ToString(),
                Time = entry.Time,
                Writer = entry.Writer,
            },
            repository);
        byte[]? there = null;
        try
        {
            await store.PutIfAbsentAsync(_name, nop, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _failure ??= exception;
        }

        try
        {
            there = await store.ReadAsync(_name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _failure ??= exception;
        }

        if (there is null)
            throw Unknown(_failure);
        if (IsMine(there))
            return await EndureAsync().ConfigureAwait(false);
        if (!there.AsSpan().SequenceEqual(nop))
            return IsSomebodyElses(there) ? false : throw Unknown(_failure);

        await EndureAsync().ConfigureAwait(false);
        throw new SegvaultException(
            ErrorCode.StoreUnreachable,
            $"The repository at {store.Location} did not take log entry {_name}: {_failure?.Message}",
            "Nothing was recorded. Find out why the store fails, then run the command again.",
            _failure);
    }

    private bool MayUseReserve => entry.Kind is LogKind.Remove or LogKind.Condemn or LogKind.Erase;

    private bool IsMine(byte[] there) => there.AsSpan().SequenceEqual(_bytes);

    /// <summary>False also for an entry too damaged to tell: if a reply was lost before, that may be this one.</summary>
    private bool IsSomebodyElses(byte[] there) =>
        _failure is null || SealedObject.Open(there, ObjectKind.LogEntry, repository, new ObjectName(entry.Number), out _) is not null;

    private async Task<bool> EndureAsync()
    {
        try
        {
            await store.BarrierAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            // A second fsync after a failed one may succeed without having written anything, so it is not tried.
            throw Unknown(exception);
        }
    }

    private CommitOutcomeUnknownException Unknown(Exception? inner) => new(
        _name,
        $"Whether log entry {_name} reached the repository at {store.Location} is not known: {inner?.Message}",
        "Run `segvault list` once the store works again: the backup is either there, whole, or not. Nothing else was harmed.",
        inner);
}
