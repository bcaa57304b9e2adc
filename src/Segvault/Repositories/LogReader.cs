using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Reads the log and folds it. A hole, or a chain that does not fit, ends the fold there and is recorded as damage.</summary>
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

    /// <summary>Folds the entries that <paramref name="state"/> does not have yet.</summary>
    public async Task<LogState> FoldAsync(LogState state, CancellationToken cancellationToken)
    {
        var numbers = await ListAsync(cancellationToken).ConfigureAwait(false);
        numbers.RemoveWhere(number => number < state.NextNumber);
        foreach (var batch in numbers.Chunk(256))
        {
            var contents = new byte[]?[batch.Length];
            await Parallel.ForAsync(0, batch.Length, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken }, async (i, token) =>
                contents[i] = await store.ReadAsync(NameOf(batch[i]), token).ConfigureAwait(false)).ConfigureAwait(false);
            for (var i = 0; i < batch.Length; i++)
            {
                if (Parse(batch[i], contents[i], state, out var entry, out var sha256) is { } problem)
                    return state with { Damage = problem };
                state = state.Apply(entry!, sha256);
            }
        }

        return state;
    }

    /// <summary>Reads one entry without its neighbours; null when it is absent.</summary>
    public async Task<LogEntry?> ReadAsync(long number, CancellationToken cancellationToken)
    {
        var bytes = await store.ReadAsync(NameOf(number), cancellationToken).ConfigureAwait(false);
        if (bytes is null)
            return null;
        var body = SealedObject.Open(bytes, ObjectKind.LogEntry, repository, new ObjectName(number), out var problem)
            ?? throw Damaged(number, problem!);
        return Deserialize(body) ?? throw Damaged(number, "is not the JSON it should be");
    }

    public static byte[] Seal(LogEntry entry, ObjectId repository) => SealedObject.Seal(
        ObjectKind.LogEntry, repository, new ObjectName(entry.Number), JsonSerializer.SerializeToUtf8Bytes(entry, RepositoryJson.Default.LogEntry));

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

    private DamageException? Parse(long number, byte[]? bytes, LogState state, out LogEntry? entry, out string sha256)
    {
        entry = null;
        sha256 = "";
        if (number != state.NextNumber)
            return Damaged(state.NextNumber, $"is missing, although entry {number} is there");
        if (bytes is null)
            return Damaged(number, "disappeared while the log was read");
        var body = SealedObject.Open(bytes, ObjectKind.LogEntry, repository, new ObjectName(number), out var problem);
        if (body is null)
            return Damaged(number, problem!);
        entry = Deserialize(body);
        if (entry is null || entry.Number != number)
            return Damaged(number, "is not the JSON it should be");
        if (entry.Previous != state.TipSha256)
            return Damaged(number, "does not follow the entry before it: the log was rolled back or forked");
        sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
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
        "Nothing is written to this repository until the entry is back. Put it back from a copy of the repository; any backup can still be restored by its full id.");
}
