using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>
/// Checkpoints: an accelerator that may be lost at any time. Their names count down, so that the newest comes first in a listing, and end in the
/// SHA-256 of what they hold.
/// </summary>
internal sealed class CheckpointStore(ObjectStore store, ObjectId repository)
{
    public const string Prefix = "checkpoints/";

    /// <summary>A checkpoint is written after every entry whose number, plus one, is divided by this.</summary>
    public const int Interval = 64;

    private const int Kept = 3;
    private const long LastNumber = 9_999_999_999_999_999;

    /// <summary>The state of the newest checkpoint that is sound, fits the log's entry of that number, and is not beyond the log's end; null when there is none.</summary>
    public async Task<LogState?> ReadNewestAsync(long entries, CancellationToken cancellationToken)
    {
        foreach (var name in await ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (NumberOf(name) < entries && await ReadAsync(name, cancellationToken).ConfigureAwait(false) is { Checkpoint: { } checkpoint } && await FitsAsync(checkpoint, cancellationToken).ConfigureAwait(false))
                return checkpoint.ToState();
        }

        return null;
    }

    /// <summary>Names of all checkpoints, the newest first.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var stored in store.ListAsync(Prefix, cancellationToken).ConfigureAwait(false))
        {
            if (NumberOf(stored.Name) is not null)
                names.Add(stored.Name);
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>
    /// Reads a checkpoint; without one, says what is wrong with the object. Nothing is wrong when it is absent, since whoever writes a new one deletes
    /// old ones, nor when a newer version wrote it.
    /// </summary>
    public async Task<(Checkpoint? Checkpoint, string? Problem)> ReadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            if (NumberOf(name) is not { } number || await store.ReadAsync(name, cancellationToken).ConfigureAwait(false) is not { } bytes)
                return (null, null);
            if (!name.EndsWith(Convert.ToHexStringLower(SHA256.HashData(bytes)), StringComparison.Ordinal))
                return (null, "does not match the SHA-256 in its name");
            if (SealedObject.Open(bytes, ObjectKind.Checkpoint, repository, new ObjectName(number), out var problem) is not { } body)
                return (null, problem);
            return JsonSerializer.Deserialize(body, RepositoryJson.Default.Checkpoint) is { IsWellFormed: true } checkpoint && checkpoint.Number == number
                ? (checkpoint, null)
                : (null, "is not the JSON it should be");
        }
        catch (UnsupportedFormatException)
        {
            return (null, null);
        }
        catch (Exception exception) when (exception is JsonException or SegvaultException or IOException or UnauthorizedAccessException)
        {
            return (null, $"cannot be used: {exception.Message}");
        }
    }

    /// <summary>Writes a checkpoint of a state, and deletes all but the newest three.</summary>
    public async Task WriteAsync(LogState state, CancellationToken cancellationToken)
    {
        var number = state.NextNumber - 1;
        var bytes = SealedObject.Seal(ObjectKind.Checkpoint, repository, new ObjectName(number), Checkpoint.Of(state).ToJson());
        await store.PutIfAbsentAsync(NameOf(number, Convert.ToHexStringLower(SHA256.HashData(bytes))), bytes, cancellationToken).ConfigureAwait(false);
        foreach (var old in (await ListAsync(cancellationToken).ConfigureAwait(false)).Skip(Kept))
            await store.DeleteAsync(old, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>True when a checkpoint can have this name.</summary>
    public static bool IsName(string name) => NumberOf(name) is not null;

    public static string NameOf(long number, string sha256) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{LastNumber - number:d16}-{sha256}");

    private static long? NumberOf(string name)
    {
        var parts = name[Prefix.Length..].Split('-');
        return parts is [{ Length: 16 }, { Length: 64 }] && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var down) ? LastNumber - down : null;
    }

    /// <summary>A log that was rolled back, or replaced by another, is not the one that the checkpoint is of.</summary>
    private async Task<bool> FitsAsync(Checkpoint checkpoint, CancellationToken cancellationToken) =>
        await store.ReadAsync(LogReader.NameOf(checkpoint.Number), cancellationToken).ConfigureAwait(false) is { } entry && LogReader.Hash(entry) == checkpoint.Sha256;
}
