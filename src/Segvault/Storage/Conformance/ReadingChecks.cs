namespace Segvault.Storage.Conformance;

/// <summary>What is seen of objects, right after they were written and deleted, in whole and in part.</summary>
internal static class ReadingChecks
{
    private const int Repeats = 20;

    public static async Task ReadAfterWriteAsync(StoreRoom room)
    {
        for (var i = 0; i < Repeats; i++)
        {
            // A store that remembers what was absent would go on saying so.
            var name = room.Name(i);
            await room.ExpectAbsentAsync(room.Store, name, "before anybody wrote it").ConfigureAwait(false);
            await room.MustPutAsync(name, i, 50 * i).ConfigureAwait(false);
            await room.ExpectAsync(room.Store, name, i, 50 * i, "right after it was written").ConfigureAwait(false);
        }
    }

    public static async Task ReadAfterDeleteAsync(StoreRoom room)
    {
        for (var i = 0; i < Repeats; i++)
        {
            var name = room.Name(i);
            await room.MustPutAsync(name, i, 100).ConfigureAwait(false);
            await room.ExpectAsync(room.Store, name, i, 100, "right after it was written").ConfigureAwait(false);
            StoreRoom.Require(await room.Store.DeleteAsync(name, room.Token).ConfigureAwait(false), "An object that was there is said to have been absent when it was deleted.");
            await room.ExpectAbsentAsync(room.Store, name, "right after it was deleted").ConfigureAwait(false);
            StoreRoom.Require(!await room.Store.DeleteAsync(name, room.Token).ConfigureAwait(false), "An object could be deleted twice.");
            await room.MustPutAsync(name, i + 1, 70).ConfigureAwait(false);
            await room.ExpectAsync(room.Store, name, i + 1, 70, "when its name had been that of a deleted one").ConfigureAwait(false);
        }
    }

    public static async Task RangesAsync(StoreRoom room)
    {
        const int Length = 100_000;
        var name = room.Name("object");
        await room.MustPutAsync(name, 1, Length).ConfigureAwait(false);
        foreach (var (offset, wanted, expected) in new (long Offset, int Wanted, int Expected)[]
        {
            (0, 1, 1), (0, Length, Length), (1, Length, Length - 1), (30_000, 20_000, 20_000), (65_535, 3, 3), (Length - 1, 1, 1), (Length - 10, 10, 10),
            (Length - 10, 11, 10), (Length - 1, 4096, 1), (Length, 1, 0), (Length + 1, 10, 0), (1L << 40, 10, 0), (500, 0, 0),
        })
        {
            var buffer = new byte[wanted];
            var read = await room.Store.ReadAsync(name, offset, buffer, room.Token).ConfigureAwait(false);
            StoreRoom.Require(read == expected, $"Of {Length} bytes, {wanted} were asked for at {offset}: {read} came instead of {expected}.");
            StoreRoom.Require(Pattern.Matches(buffer.AsSpan(0, read), 1, offset), $"Of {Length} bytes, {wanted} were asked for at {offset}: others came.");
            StoreRoom.Require(buffer.AsSpan(read).IndexOfAnyExcept((byte)0) < 0, $"Reading at {offset} wrote into the buffer behind what it read.");
        }
    }

    public static async Task EmptyObjectAsync(StoreRoom room)
    {
        var name = room.Name("empty");
        await room.MustPutAsync(name, 1, 0).ConfigureAwait(false);
        await room.ExpectAsync(room.Store, name, 1, 0, "although it was written, without a byte").ConfigureAwait(false);
        StoreRoom.Require(!await room.PutAsync(name, 1, 10).ConfigureAwait(false), "An empty object was overwritten.");
        StoreRoom.Require(await room.Store.DeleteAsync(name, room.Token).ConfigureAwait(false), "An empty object cannot be deleted.");
        await room.ExpectAbsentAsync(room.Store, name, "although it was empty and deleted").ConfigureAwait(false);
    }

    public static async Task AbsentObjectAsync(StoreRoom room)
    {
        foreach (var rest in new[] { "absent", "absent/below/absent" })
        {
            var name = room.Name(rest);
            await room.ExpectAbsentAsync(room.Store, name, "although nobody wrote it").ConfigureAwait(false);
            StoreRoom.Require(!await room.Store.DeleteAsync(name, room.Token).ConfigureAwait(false), "An absent object could be deleted.");
            StoreRoom.Require((await room.ListAsync(room.Store, name + "/").ConfigureAwait(false)).Count == 0, "There are objects below a prefix that nobody used.");
        }
    }
}
