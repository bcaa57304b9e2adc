namespace Segvault.Storage.Conformance;

/// <summary>What listings have in them.</summary>
internal static class ListingChecks
{
    public static async Task CompleteAsync(StoreRoom room)
    {
        var count = room.Options.ListedObjects;
        string NameOf(int i) => i % 3 == 0 ? $"some/{i:d8}" : i % 3 == 1 ? $"some/more/{i % 10}/{i:d8}" : $"some-others/{i:d8}";
        await room.ForEachAsync(count, i => room.MustPutAsync(room.Name(NameOf(i)), i, LengthOf(i))).ConfigureAwait(false);
        foreach (var below in new[] { "", "some/", "some/more/", "some-others/", "some/more/7/", "none/" })
        {
            var expected = Enumerable.Range(0, count).Where(i => NameOf(i).StartsWith(below, StringComparison.Ordinal))
                .ToDictionary(i => room.Prefix + NameOf(i), i => (long)LengthOf(i), StringComparer.Ordinal);
            Compare(await room.ListAsync(room.Store, room.Prefix + below).ConfigureAwait(false), expected, $"below '{below}'");
        }
    }

    public static async Task MeanwhileAsync(StoreRoom room)
    {
        const int Staying = 200;
        const int Guests = 40;
        await room.ForEachAsync(Staying, i => room.MustPutAsync(room.Name($"stays/{i:d4}"), i, LengthOf(i))).ConfigureAwait(false);
        var expected = Enumerable.Range(0, Staying).ToDictionary(i => $"{room.Prefix}stays/{i:d4}", i => (long)LengthOf(i), StringComparer.Ordinal);
        var guests = Enumerable.Range(0, Guests).Select(i => room.Name($"stays/{i:d4}.guest")).ToList();
        for (var round = 0; round < 5; round++)
        {
            // What happens between two names of a listing is what happens while it is on its way.
            var listed = new List<StoredObject>();
            await foreach (var stored in room.Store.ListAsync(room.Prefix, room.Token).ConfigureAwait(false))
            {
                listed.Add(stored);
                var guest = guests[listed.Count % Guests];
                if (!await room.Other.DeleteAsync(guest, room.Token).ConfigureAwait(false))
                    await room.PutAsync(room.Other, guest, 1, 33).ConfigureAwait(false);
            }

            StoreRoom.Require(listed.TrueForAll(stored => expected.ContainsKey(stored.Name) || (guests.Contains(stored.Name) && stored.Length == 33)), "A listing has something that was never there.");
            StoreRoom.Require(listed.DistinctBy(stored => stored.Name).Count() == listed.Count, "A listing has a name twice.");
            Compare([.. listed.Where(stored => expected.ContainsKey(stored.Name))], expected, "that stayed while others came and went");
        }
    }

    private static int LengthOf(int i) => i % 50;

    private static void Compare(List<StoredObject> listed, Dictionary<string, long> expected, string which)
    {
        StoreRoom.Require(listed.DistinctBy(stored => stored.Name).Count() == listed.Count, $"A listing has a name twice, of the objects {which}.");
        var strange = listed.Find(stored => !expected.ContainsKey(stored.Name)).Name;
        StoreRoom.Require(strange is null, $"A listing has {strange}, which is none of the objects {which}.");
        StoreRoom.Require(listed.Count == expected.Count, $"A listing has {listed.Count} of the {expected.Count} objects {which}.");
        StoreRoom.Require(listed.TrueForAll(stored => stored.Length == expected[stored.Name]), $"A listing has a wrong length, of the objects {which}.");
    }
}
