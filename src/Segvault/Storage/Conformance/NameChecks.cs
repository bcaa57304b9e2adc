namespace Segvault.Storage.Conformance;

/// <summary>Which names a store takes.</summary>
internal static class NameChecks
{
    public static async Task LegalAsync(StoreRoom room)
    {
        var names = new List<string> { "abcdefghijklmnopqrstuvwxyz0123456789-.x", "a-b", "a.b", "a/b", "a..b", "-", "-rf", ".a", "0/1/2/3/4/5/6/7/8/9" };
        names.AddRange("abcdefghijklmnopqrstuvwxyz0123456789-".Select(letter => $"letters/{letter}"));
        names.Add("long/" + new string('x', ObjectStore.LongestNamePart));
        var longest = "longest/" + new string('y', ObjectStore.LongestNamePart) + "/";
        names.Add(longest + new string('z', ObjectStore.LongestName - room.Prefix.Length - longest.Length));
        for (var i = 0; i < names.Count; i++)
            StoreRoom.Require(await room.PutAsync(room.Name(names[i]), i, i).ConfigureAwait(false), $"The name {names[i]} was refused as taken.");
        for (var i = 0; i < names.Count; i++)
            await room.ExpectAsync(room.Other, room.Name(names[i]), i, i, $"under the name {names[i]}").ConfigureAwait(false);
        var listed = await room.ListAsync(room.Store, room.Prefix).ConfigureAwait(false);
        StoreRoom.Require(
            listed.Select(stored => stored.Name).Order(StringComparer.Ordinal).SequenceEqual(names.Select(name => room.Prefix + name).Order(StringComparer.Ordinal)),
            "Names are not listed as they were given.");
    }

    public static async Task IllegalAsync(StoreRoom room)
    {
        var tooLong = room.Prefix + string.Join('/', Enumerable.Repeat(new string('x', 100), 3));
        foreach (var name in new[]
        {
            "", ".", "..", "/a", "a/", "a//b", "./a", "a/..", $"{room.Prefix}../a", $"{room.Prefix}A", $"{room.Prefix}a b", $"{room.Prefix}a\\b", $"{room.Prefix}ä",
            $"{room.Prefix}a\0b", $"{room.Prefix}a_b", $"{room.Prefix}a:b", $"{room.Prefix}a%2fb", room.Prefix + new string('x', ObjectStore.LongestNamePart + 1), tooLong,
        })
        {
            await RefusesAsync(name, "write", async () => await (await room.Store.CreateAsync(name, room.Token).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false)).ConfigureAwait(false);
            await RefusesAsync(name, "read", async () => await room.Store.ReadAsync(name, room.Token).ConfigureAwait(false)).ConfigureAwait(false);
            await RefusesAsync(name, "read a part of", async () => await room.Store.ReadAsync(name, 0, new byte[1], room.Token).ConfigureAwait(false)).ConfigureAwait(false);
            await RefusesAsync(name, "ask for the length of", async () => await room.Store.GetLengthAsync(name, room.Token).ConfigureAwait(false)).ConfigureAwait(false);
            await RefusesAsync(name, "delete", async () => await room.Store.DeleteAsync(name, room.Token).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private static async Task RefusesAsync(string name, string what, Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            return;
        }

        throw new BrokenRuleException($"To {what} an object of {name.Length} characters, '{name.Replace('\0', '?')}', was not refused, although no object can have that name.");
    }
}
