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
    /// <exception cref="DamageException">What has the number now is no entry: the store kept something else than it was given.</exception>
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
                if (await LookAsync().ConfigureAwait(false) is not { } there)
                {
                    _failure = new IOException("the store does not show what it says it has");
                    continue;
                }

                if (IsMine(there))
                    return await EndureAsync().ConfigureAwait(false);
                EnsureSound(there, accepted);
                return !accepted ? false : throw Unknown(new InvalidDataException("the store took it, and has somebody else's entry there"));
            }
            catch (Exception exception) when (MayUseReserve && NativeError.IsDiskFull(exception) && store.GiveUpReserve())
            {
                // On a full disk, what makes room must be able to say so.
                if (_attempted)
                    _failure = exception;
                RepositoryLog.ReserveUsed(logger, entry.Number);
            }
            catch (Exception exception) when (_attempted && exception is not (CommitOutcomeUnknownException or DamageException))
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
            there = await LookAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _failure ??= exception;
        }

        if (there is null)
            throw Unknown(_failure);
        if (IsMine(there))
            return await EndureAsync().ConfigureAwait(false);
        EnsureSound(there, accepted: false);
        if (!there.AsSpan().SequenceEqual(nop))
            return false;

        await EndureAsync().ConfigureAwait(false);
        throw new SegvaultException(
            ErrorCode.StoreUnreachable,
            $"The repository at {store.Location} did not take log entry {_name}: {_failure?.Message}",
            "Nothing was recorded. Find out why the store fails, then run the command again.",
            _failure);
    }

    private bool MayUseReserve => entry.Kind is LogKind.Remove or LogKind.Condemn or LogKind.Erase;

    private bool IsMine(byte[] there) => there.AsSpan().SequenceEqual(_bytes);

    /// <summary>What has the number. What is neither this entry nor any is read again: it may have been read wrong.</summary>
    private async Task<byte[]?> LookAsync()
    {
        var there = await store.ReadAsync(_name, CancellationToken.None).ConfigureAwait(false);
        return there is null || IsMine(there) || FindDamage(there) is null ? there : await store.ReadAsync(_name, CancellationToken.None).ConfigureAwait(false);
    }

    private string? FindDamage(byte[] there)
    {
        try
        {
            return SealedObject.Open(there, ObjectKind.LogEntry, repository, new ObjectName(entry.Number), out var problem) is null ? problem : null;
        }
        catch (UnsupportedFormatException)
        {
            // Sound, and a newer version's.
            return null;
        }
    }

    /// <summary>What was refused without a failure is somebody else's affair, and whoever folds the log meets it.</summary>
    private void EnsureSound(byte[] there, bool accepted)
    {
        if ((accepted || _failure is not null) && FindDamage(there) is { } problem)
        {
            throw new DamageException(
                ErrorCode.RepositoryDamaged,
                _name,
                $"The repository at {store.Location} did not keep log entry {_name} as it was written: it {problem}. Until that is repaired nothing can be recorded there.",
                "Find out why the store changes what it is given, then run `segvault verify --repair`, which finds a backup again that was to be recorded. Then run the command again.");
        }
    }

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
