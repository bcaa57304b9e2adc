using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Reads the log and folds it. A hole, a chain that does not fit, or an entry for newer versions ends the fold there and is recorded.</summary>
internal sealed class LogReader(ObjectStore store, ObjectId repository)
{
    private const string Prefix = "log/";
    private const int Parallelism = 16;

    /// <summary>The name of an entry: its number in 16 digits, the last three apart, so that no directory grows beyond a thousand names.</summary>
    public static string NameOf(long number)
    {
        var digits = number.ToString("d16", CultureInfo.InvariantCulture);
        return $"{Prefix}{digits[..13]}/{digits[13..]}";
    }

    /// <summary>
    /// Folds the entries that <paramref name="state"/> does not have yet. The listing only tells how far the log goes: one that was made while
    /// others appended may lack an entry and have a later one, so every entry is asked for by its number.
    /// </summary>
    /// <param name="state">What was folded before.</param>
    /// <param name="atLeast">Numbers below this one are known to be taken, whatever the listing says.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<LogState> FoldAsync(LogState state, long atLeast, CancellationToken cancellationToken)
    {
        var numbers = await ListAsync(cancellationToken).ConfigureAwait(false);
        for (long known = 0; known < state.NextNumber; known++)
        {
            if (!numbers.Contains(known))
                return state with { Obstacle = Damaged(known, "is missing, although it was there before") };
        }

        var end = Math.Max(atLeast, numbers.Count == 0 ? 0 : numbers.Max + 1);
        while (state.Obstacle is null && state.NextNumber < end)
            state = await FoldBatchAsync(state, (int)Math.Min(256, end - state.NextNumber), cancellationToken).ConfigureAwait(false);
        return state;
    }

    public static string Hash(byte[] sealedEntry) => Convert.ToHexStringLower(SHA256.HashData(sealedEntry));

    public static byte[] Seal(LogEntry entry, ObjectId repository) => SealedObject.Seal(
        ObjectKind.LogEntry, repository, new ObjectName(entry.Number), JsonSerializer.SerializeToUtf8Bytes(entry, RepositoryJson.Default.LogEntry));

    private async Task<LogState> FoldBatchAsync(LogState state, int count, CancellationToken cancellationToken)
    {
        var first = state.NextNumber;
        var contents = new byte[]?[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken }, async (i, token) =>
            contents[i] = await store.ReadAsync(NameOf(first + i), token).ConfigureAwait(false)).ConfigureAwait(false);
        foreach (var content in contents)
        {
            if (Parse(content, state, out var entry) is { } obstacle)
                return state with { Obstacle = obstacle };
            state = state.Apply(entry!, Hash(content!));
        }

        return state;
    }

    private async Task<SortedSet<long>> ListAsync(CancellationToken cancellationToken)
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
            var body = SealedObject.Open(bytes, ObjectKind.LogEntry, repository, new ObjectName(number), out var problem);
            if (body is null)
                return Damaged(number, problem!);
            entry = Deserialize(body);
        }
        catch (UnsupportedFormatException newer)
        {
            return newer;
        }

        if (entry is null || entry.Number != number || !entry.IsWellFormed)
            return Damaged(number, "is not the JSON it should be");
        if (entry.Previous != state.TipSha256)
            return Damaged(number, "does not follow the entry before it: the log was rolled back or forked");
        return entry.Requires?.Read is [_, ..] unknown
            ? new UnsupportedFormatException($"Log entry {NameOf(number)} of the repository at {store.Location} asks its readers to understand {string.Join(", ", unknown)}, which this version does not.")
            : null;
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
        "Nothing is written to this repository until the entry is back. Put it back from a copy of the repository; any backup can still be restored by its full id.");
}
