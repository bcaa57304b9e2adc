using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Reads the log and folds it. A hole, a chain that does not fit, or an entry for newer versions ends the fold there and is recorded.</summary>
internal sealed class LogReader(ObjectStore store, ObjectId repository)
{
    public const string Prefix = "log/";
    private const int Parallelism = 16;

    private readonly CheckpointStore _checkpoints = new(store, repository);

    /// <summary>The name of an entry: its number in 16 digits, the last three apart, so that no directory grows beyond a thousand names.</summary>
    public static string NameOf(long number)
    {
        var digits = number.ToString("d16", CultureInfo.InvariantCulture);
        return $"{Prefix}{digits[..13]}/{digits[13..]}";
    }

    public static string Hash(byte[] sealedEntry) => Convert.ToHexStringLower(SHA256.HashData(sealedEntry));

    public static byte[] Seal(LogEntry entry, ObjectId repository) => SealedObject.Seal(
        ObjectKind.LogEntry, repository, new ObjectName(entry.Number), JsonSerializer.SerializeToUtf8Bytes(entry, RepositoryJson.Default.LogEntry));

    /// <summary>
    /// Folds the entries that <paramref name="state"/> does not have yet, an empty one from the newest checkpoint on. The listing only tells how far
    /// the log goes: one that was made while others appended may lack an entry and have a later one, so every entry is asked for by its number.
    /// </summary>
    /// <param name="state">What was folded before.</param>
    /// <param name="atLeast">Numbers below this one are known to be taken, whatever the listing says.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<LogState> FoldAsync(LogState state, long atLeast, CancellationToken cancellationToken)
    {
        var numbers = await ListAsync(cancellationToken).ConfigureAwait(false);
        var end = EndOf(numbers, atLeast);
        if (state.NextNumber == 0 && end >= CheckpointStore.Interval)
            state = await _checkpoints.ReadNewestAsync(end, cancellationToken).ConfigureAwait(false) ?? state;

        // Where there is a further entry, that one tells whether the last one known is what it was. A repair may have put another in its place.
        if (state.NextNumber == end && end > 0 && !await IsTipAsync(state, cancellationToken).ConfigureAwait(false))
            state = LogState.Empty;
        var folded = await FoldToAsync(state, end, [], cancellationToken).ConfigureAwait(false);
        var obstacle = FindMissing(numbers, state) ?? folded.Obstacle;
        if (obstacle is not DamageException || state.NextNumber == 0)
            return folded with { Obstacle = obstacle };

        // An entry that was sound when this client read it may have been lost and bridged since: then all that was folded upon it is folded anew.
        var whole = await FoldToAsync(LogState.Empty, end, [], cancellationToken).ConfigureAwait(false);
        return whole.Skipped.Count > state.Skipped.Count ? whole : folded with { Obstacle = obstacle };
    }

    /// <summary>Folds every entry from the first one on and trusts no checkpoint: what may erase something decides on nothing else.</summary>
    /// <param name="atLeast">Numbers below this one are known to be taken, whatever the listing says.</param>
    /// <param name="lost">Lost entries to pass over although no entry says so yet.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <param name="passing">Takes the state after every entry; when folding had to begin anew, what it took before counts no more.</param>
    public async Task<LogState> FoldWholeAsync(long atLeast, ImmutableList<SkipBody> lost, CancellationToken cancellationToken, Action<LogState>? passing = null)
    {
        var end = EndOf(await ListAsync(cancellationToken).ConfigureAwait(false), atLeast);
        return await FoldToAsync(LogState.Empty, end, lost, cancellationToken, passing).ConfigureAwait(false);
    }

    /// <summary>What would have to be passed over to get beyond the entry that ended a fold: from it to the next one that is sound.</summary>
    public async Task<SkipBody> FindLostAsync(LogState stopped, CancellationToken cancellationToken)
    {
        var first = stopped.NextNumber;
        var end = EndOf(await ListAsync(cancellationToken).ConfigureAwait(false), first + 1);
        for (var number = first + 1; number < end; number++)
        {
            if (await ReadSoundAsync(number, cancellationToken).ConfigureAwait(false) is { } sound)
                return new SkipBody { First = first, Last = number - 1, Previous = sound.Entry.Previous };
        }

        var there = await store.ReadAsync(NameOf(end - 1), cancellationToken).ConfigureAwait(false);
        return new SkipBody { First = first, Last = end - 1, Previous = there is null ? "" : Hash(there) };
    }

    /// <summary>An entry that is sound in itself, whatever comes before it, with its hash; null when it is damaged or missing.</summary>
    /// <exception cref="UnsupportedFormatException">It is intact, and a newer version wrote it.</exception>
    public async Task<(LogEntry Entry, byte[] Bytes)?> ReadSoundAsync(long number, CancellationToken cancellationToken) =>
        await store.ReadAsync(NameOf(number), cancellationToken).ConfigureAwait(false) is { } bytes && Open(bytes, number, out _) is { } entry ? (entry, bytes) : null;

    private async Task<bool> IsTipAsync(LogState known, CancellationToken cancellationToken) =>
        known.HasSkipped(known.NextNumber - 1)
        || (await store.ReadAsync(NameOf(known.NextNumber - 1), cancellationToken).ConfigureAwait(false) is { } bytes && Hash(bytes) == known.TipSha256);

    private DamageException? FindMissing(SortedSet<long> numbers, LogState known)
    {
        for (long number = 0; number < known.NextNumber; number++)
        {
            if (!numbers.Contains(number) && !known.HasSkipped(number))
                return Damaged(number, "is missing, although it was there before");
        }

        return null;
    }

    private static long EndOf(SortedSet<long> numbers, long atLeast) => Math.Max(atLeast, numbers.Count == 0 ? 0 : numbers.Max + 1);

    /// <summary>
    /// An entry that was passed over once is passed over by everybody, even if it turns up again: on meeting such a word about an entry that was
    /// folded already, folding begins anew.
    /// </summary>
    private async Task<LogState> FoldToAsync(
        LogState state, long end, ImmutableList<SkipBody> lost, CancellationToken cancellationToken, Action<LogState>? passing = null)
    {
        while (state.NextNumber < end)
        {
            if (lost.Where(skip => skip.First == state.NextNumber).MaxBy(skip => (skip.Last, skip.Previous)) is { } passed)
            {
                state = state.PassOver(passed);
                continue;
            }

            var stop = lost.Where(skip => skip.First > state.NextNumber).Select(skip => skip.First).Append(end).Min();
            var (folded, news) = await FoldBatchAsync(state, (int)Math.Min(256, stop - state.NextNumber), lost, passing, cancellationToken).ConfigureAwait(false);
            if (folded.Obstacle is DamageException)
                news = await FindBridgeAsync(folded, end, lost, cancellationToken).ConfigureAwait(false);
            if (news is null)
            {
                if (folded.Obstacle is not null)
                    return folded;
                state = folded;
                continue;
            }

            // What was heard is never forgotten, so this comes to an end.
            lost = lost.Add(news);
            state = folded.NextNumber <= news.First ? folded with { Obstacle = null } : LogState.Empty;
        }

        return state;
    }

    private async Task<(LogState State, SkipBody? News)> FoldBatchAsync(
        LogState state, int count, ImmutableList<SkipBody> lost, Action<LogState>? passing, CancellationToken cancellationToken)
    {
        var first = state.NextNumber;
        var contents = new byte[]?[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken }, async (i, token) =>
            contents[i] = await store.ReadAsync(NameOf(first + i), token).ConfigureAwait(false)).ConfigureAwait(false);
        foreach (var content in contents)
        {
            if (Parse(content, state, out var entry) is { } obstacle)
                return (state with { Obstacle = obstacle }, null);
            state = state.Apply(entry!, Hash(content!));
            passing?.Invoke(state);
            if (IsNews(entry!, state, lost))
                return (state, entry!.Skip);
        }

        return (state, null);
    }

    /// <summary>
    /// What an entry further on, or this one, says is lost: this one, or one before it, which then was folded and should not have been.
    /// </summary>
    private async Task<SkipBody?> FindBridgeAsync(LogState stopped, long end, ImmutableList<SkipBody> lost, CancellationToken cancellationToken)
    {
        for (var number = end - 1; number >= stopped.NextNumber; number--)
        {
            if (await TryReadSoundAsync(number, cancellationToken).ConfigureAwait(false) is { } entry && IsNews(entry, stopped, lost) && entry.Skip!.First <= stopped.NextNumber)
                return entry.Skip;
        }

        return null;
    }

    private static bool IsNews(LogEntry entry, LogState state, ImmutableList<SkipBody> lost) =>
        entry is { Kind: LogKind.Skip, Skip: { Recovered: false } skip }
        && !lost.Contains(skip)
        && !state.Skipped.Exists(passed => passed.First <= skip.First && skip.Last <= passed.Last);

    private async Task<LogEntry?> TryReadSoundAsync(long number, CancellationToken cancellationToken)
    {
        try
        {
            return (await ReadSoundAsync(number, cancellationToken).ConfigureAwait(false))?.Entry;
        }
        catch (UnsupportedFormatException)
        {
            return null;
        }
    }

    /// <summary>The numbers of the entries in a listing.</summary>
    public async Task<SortedSet<long>> ListAsync(CancellationToken cancellationToken)
    {
        var numbers = new SortedSet<long>();
        await foreach (var stored in store.ListAsync(Prefix, cancellationToken).ConfigureAwait(false))
        {
            var digits = stored.Name[Prefix.Length..].Replace("/", "", StringComparison.Ordinal);
            if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && NameOf(number) == stored.Name)
                numbers.Add(number);
        }

        return numbers;
    }

    private SegvaultException? Parse(byte[]? bytes, LogState state, out LogEntry? entry)
    {
        var number = state.NextNumber;
        entry = null;
        if (bytes is null)
            return Damaged(number, "is missing, although a later one is there");
        try
        {
            entry = Open(bytes, number, out var problem);
            if (entry is null)
                return Damaged(number, problem!);
        }
        catch (UnsupportedFormatException newer)
        {
            return newer;
        }

        if (entry.Previous != state.TipSha256)
            return Damaged(number, "does not follow the entry before it: the log was rolled back or forked");
        return entry.Requires?.Read is [_, ..] unknown
            ? new UnsupportedFormatException($"Log entry {NameOf(number)} of the repository at {store.Location} asks its readers to understand {string.Join(", ", unknown)}, which this version does not.")
            : null;
    }

    private LogEntry? Open(byte[] bytes, long number, out string? problem)
    {
        var body = SealedObject.Open(bytes, ObjectKind.LogEntry, repository, new ObjectName(number), out problem);
        if (body is null)
            return null;
        var entry = Deserialize(body);
        if (entry is not null && entry.Number == number && entry.IsWellFormed)
            return entry;
        problem = "is not the JSON it should be";
        return null;
    }

    private static LogEntry? Deserialize(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, RepositoryJson.Default.LogEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private DamageException Damaged(long number, string problem) => new(
        ErrorCode.RepositoryDamaged,
        NameOf(number),
        $"Log entry {NameOf(number)} of the repository at {store.Location} {problem}.",
        "Nothing is written to this repository until the entry is back, or `segvault verify --repair` has bridged it. Any backup can still be restored by its full id.");
}
