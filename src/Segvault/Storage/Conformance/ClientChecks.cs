namespace Segvault.Storage.Conformance;

/// <summary>What two clients of one place have in common.</summary>
internal static class ClientChecks
{
    public static async Task AdoptionAsync(StoreRoom room)
    {
        var name = room.Name("below/object");
        await room.Store.BarrierAsync(room.Token).ConfigureAwait(false);
        StoreRoom.Require(!await room.Store.AdoptAsync(name, room.Token).ConfigureAwait(false), "An absent object could be adopted.");
        StoreRoom.Require(await room.PutAsync(room.Other, name, 1, 5000).ConfigureAwait(false), "The name of an absent object was refused as taken.");
        StoreRoom.Require(await room.Store.AdoptAsync(name, room.Token).ConfigureAwait(false), "What another client completed cannot be adopted.");
        await room.Store.BarrierAsync(room.Token).ConfigureAwait(false);
        await room.ExpectAsync(room.Store, name, 1, 5000, "after it was adopted").ConfigureAwait(false);
        await room.Other.BarrierAsync(room.Token).ConfigureAwait(false);
        StoreRoom.Require(await room.Other.DeleteAsync(name, room.Token).ConfigureAwait(false), "An object that was there is said to have been absent when it was deleted.");
        StoreRoom.Require(!await room.Store.AdoptAsync(name, room.Token).ConfigureAwait(false), "A deleted object could be adopted.");
        await room.Store.BarrierAsync(room.Token).ConfigureAwait(false);
        await room.Other.BarrierAsync(room.Token).ConfigureAwait(false);
    }

    public static async Task TwoClientsAsync(StoreRoom room)
    {
        foreach (var (i, (writer, reader)) in new[] { (room.Store, room.Other), (room.Other, room.Store) }.Index())
        {
            var name = room.Name(i);
            await room.ExpectAbsentAsync(reader, name, "before another client wrote it").ConfigureAwait(false);
            StoreRoom.Require(await room.PutAsync(writer, name, i, 5000).ConfigureAwait(false), "The name of an absent object was refused as taken.");
            await room.ExpectAsync(reader, name, i, 5000, "right after another client wrote it").ConfigureAwait(false);
            StoreRoom.Require(!await room.PutAsync(reader, name, i + 10, 10).ConfigureAwait(false), "What one client wrote another one could overwrite.");
            await room.ExpectAsync(writer, name, i, 5000, "after another client tried to overwrite it").ConfigureAwait(false);
            StoreRoom.Require(await reader.DeleteAsync(name, room.Token).ConfigureAwait(false), "What one client wrote is absent when another one deletes it.");
            await room.ExpectAbsentAsync(writer, name, "right after another client deleted it").ConfigureAwait(false);
        }
    }
}
