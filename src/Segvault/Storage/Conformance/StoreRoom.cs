using System.Collections.Concurrent;
using System.Globalization;

namespace Segvault.Storage.Conformance;

/// <summary>A corner of a store in which one check is at home: names that nobody else uses, and two clients.</summary>
internal sealed class StoreRoom(ObjectStore store, ObjectStore other, StoreConformanceOptions options, CancellationToken cancellationToken)
{
    private const int Hands = 16;

    private readonly ConcurrentDictionary<string, bool> _names = new(StringComparer.Ordinal);

    public ObjectStore Store => store;

    /// <summary>Another client of the same place.</summary>
    public ObjectStore Other => other;

    public StoreConformanceOptions Options => options;

    public CancellationToken Token => cancellationToken;

    public string Prefix { get; } = $"{Leftovers.Probes}{Guid.NewGuid():n}/";

    public static void Require(bool holds, string problem)
    {
        if (!holds)
            throw new BrokenRuleException(problem);
    }

    /// <summary>A name in this room; what is stored under it is removed at the end.</summary>
    public string Name(string rest)
    {
        var name = Prefix + rest;
        _names[name] = true;
        return name;
    }

    public string Name(int number) => Name(number.ToString(CultureInfo.InvariantCulture));

    public Task<bool> PutAsync(string name, int seed, int length) => PutAsync(store, name, seed, length);

    public async Task<bool> PutAsync(ObjectStore client, string name, int seed, int length) =>
        await client.PutIfAbsentAsync(name, Pattern.Of(seed, length), cancellationToken).ConfigureAwait(false);

    public async Task MustPutAsync(string name, int seed, int length) =>
        Require(await PutAsync(name, seed, length).ConfigureAwait(false), "The name of an absent object was refused as taken.");

    /// <summary>The object must be there with this content, whichever way one looks.</summary>
    public async Task ExpectAsync(ObjectStore client, string name, int seed, int length, string when)
    {
        var whole = await client.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        Require(whole is not null, $"An object cannot be read {when}.");
        Require(whole!.Length == length && Pattern.Matches(whole, seed, 0), $"An object has other bytes than were written, {when}.");
        Require(await client.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) == length, $"The length of an object is wrong {when}.");
        var part = new byte[length + 1];
        var read = await client.ReadAsync(name, 0, part, cancellationToken).ConfigureAwait(false);
        Require(read == length && Pattern.Matches(part.AsSpan(0, length), seed, 0), $"Reading a part gives something else than reading the whole, {when}.");
        Require(await ListAsync(client, Prefix).ConfigureAwait(false) is var listed && listed.Any(stored => stored.Name == name && stored.Length == length), $"An object is not listed {when}, or not with its length.");
    }

    /// <summary>The object must be absent, whichever way one looks.</summary>
    public async Task ExpectAbsentAsync(ObjectStore client, string name, string when)
    {
        Require(await client.ReadAsync(name, cancellationToken).ConfigureAwait(false) is null, $"An object can be read {when}.");
        Require(await client.ReadAsync(name, 0, new byte[1], cancellationToken).ConfigureAwait(false) == -1, $"A part of an object can be read {when}.");
        Require(await client.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is null, $"An object has a length {when}.");
        Require(!(await ListAsync(client, Prefix).ConfigureAwait(false)).Exists(stored => stored.Name == name), $"An object is listed {when}.");
    }

    public async Task<List<StoredObject>> ListAsync(ObjectStore client, string prefix)
    {
        var listed = new List<StoredObject>();
        await foreach (var stored in client.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            listed.Add(stored);
        return listed;
    }

    /// <summary>Does something for each number, several at once.</summary>
    public Task ForEachAsync(int count, Func<int, Task> action) => Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = Hands, CancellationToken = cancellationToken },
        async (number, _) => await action(number).ConfigureAwait(false));

    /// <summary>Leaves the store as it was, also after a failure. What a broken store does not list is deleted by its name.</summary>
    public async Task ClearAsync()
    {
        await DeleteAsync(_names.Keys).ConfigureAwait(false);
        var left = new List<string>();
        await foreach (var stored in store.ListAsync(Prefix, CancellationToken.None).ConfigureAwait(false))
            left.Add(stored.Name);
        await DeleteAsync(left).ConfigureAwait(false);
        store.RemoveEmptyPlaces(Prefix);
        other.RemoveEmptyPlaces(Prefix);
    }

    private Task DeleteAsync(IEnumerable<string> names) => Parallel.ForEachAsync(
        names,
        new ParallelOptions { MaxDegreeOfParallelism = Hands },
        async (name, _) => await store.DeleteAsync(name, CancellationToken.None).ConfigureAwait(false));
}
