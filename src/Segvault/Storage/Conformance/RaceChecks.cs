namespace Segvault.Storage.Conformance;

/// <summary>What happens when several write one name.</summary>
internal static class RaceChecks
{
    private const int Writers = 8;

    public static async Task OneWinnerAsync(StoreRoom room)
    {
        for (var round = 0; round < room.Options.Rounds; round++)
        {
            var name = room.Name(round);
            var won = await RaceAsync(room, writer => room.PutAsync(writer % 2 == 0 ? room.Store : room.Other, name, writer, 100 + writer)).ConfigureAwait(false);
            var winners = won.Count(one => one);
            StoreRoom.Require(winners == 1, $"Of {Writers} writers of one name {winners} were told that they won, in round {round + 1}.");
            var there = await room.Store.ReadAsync(name, room.Token).ConfigureAwait(false);
            var winner = Array.IndexOf(won, true);
            StoreRoom.Require(there is not null, $"The object of the writer that won is absent, in round {round + 1}.");
            StoreRoom.Require(there!.Length == 100 + winner && Pattern.Matches(there, winner, 0), $"The object is not that of the writer that won, in round {round + 1}.");
        }
    }

    public static async Task NeverOverwrittenAsync(StoreRoom room)
    {
        var name = room.Name("first");
        await room.MustPutAsync(name, 1, 1000).ConfigureAwait(false);
        foreach (var length in new[] { 1000, 10, 2000, 0 })
        {
            StoreRoom.Require(!await room.PutAsync(name, 2, length).ConfigureAwait(false), $"A second writer of a name was told that it won, with {length} bytes.");
            await room.ExpectAsync(room.Store, name, 1, 1000, $"after somebody else tried to write {length} bytes under its name").ConfigureAwait(false);
        }
    }

    public static async Task WholeOrAbsentAsync(StoreRoom room)
    {
        const int Length = 300_000;
        for (var round = 0; round < Math.Max(1, room.Options.Rounds / 8); round++)
        {
            var name = room.Name(round);
            using var written = new CancellationTokenSource();
            var readers = Enumerable.Range(0, 3).Select(reader => Task.Run(() => WatchAsync(room, reader % 2 == 0 ? room.Store : room.Other, name, Length, written.Token), room.Token)).ToList();
            try
            {
                await RaceAsync(room, writer => WriteSlowlyAsync(room, name, writer, Length), writers: 2).ConfigureAwait(false);
            }
            finally
            {
                await written.CancelAsync().ConfigureAwait(false);
            }

            await Task.WhenAll(readers).ConfigureAwait(false);
        }
    }

    private static async Task<bool> WriteSlowlyAsync(StoreRoom room, string name, int writer, int length)
    {
        const int Parts = 6;
        var upload = await room.Store.CreateAsync(name, room.Token).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            var content = Pattern.Of(writer, length);
            foreach (var part in content.Chunk(length / Parts))
            {
                await upload.WriteAsync(part, room.Token).ConfigureAwait(false);
                await Task.Yield();
            }

            return await upload.CompleteAsync(room.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Looks at an object again and again, once more after it was written.</summary>
    private static async Task WatchAsync(StoreRoom room, ObjectStore client, string name, int length, CancellationToken written)
    {
        byte[]? before = null;
        for (var last = false; !last;)
        {
            last = written.IsCancellationRequested;
            var seen = await client.GetLengthAsync(name, room.Token).ConfigureAwait(false);
            StoreRoom.Require(seen is null || seen == length, $"While it was written an object of {length} bytes had {seen}.");
            var whole = await client.ReadAsync(name, room.Token).ConfigureAwait(false);
            StoreRoom.Require(whole is not null || (seen is null && before is null), "An object that was there is not there any more.");
            StoreRoom.Require(whole is null || IsOneWriters(whole, length), "An object was read that no writer wrote: half of one, or of two.");
            StoreRoom.Require(before is null || whole.AsSpan().SequenceEqual(before), "An object changed after it was visible.");
            before = whole;
        }
    }

    private static bool IsOneWriters(byte[] whole, int length) => whole.Length == length && (Pattern.Matches(whole, 0, 0) || Pattern.Matches(whole, 1, 0));

    /// <summary>Lets all begin at the same moment, each on a thread of its own.</summary>
    private static async Task<bool[]> RaceAsync(StoreRoom room, Func<int, Task<bool>> write, int writers = Writers)
    {
        using var start = new Barrier(writers);
        return await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(CancellationToken.None);
                return write(writer);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap())).ConfigureAwait(false);
    }
}
