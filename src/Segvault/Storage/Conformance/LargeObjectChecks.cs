namespace Segvault.Storage.Conformance;

/// <summary>An object so large that stores cut it into parts: some forget their promises there.</summary>
internal static class LargeObjectChecks
{
    // Neither parts of uploads nor buffers end where these do.
    private const int Piece = (1 << 20) + 77;

    public static async Task RunAsync(StoreRoom room)
    {
        var (name, length) = (room.Name("object"), room.Options.LargeObjectBytes);
        var first = await room.Store.CreateAsync(name, room.Token).ConfigureAwait(false);
        var second = await room.Other.CreateAsync(name, room.Token).ConfigureAwait(false);
        await using (first.ConfigureAwait(false))
        await using (second.ConfigureAwait(false))
        {
            await WriteAsync(room, first, 1, length).ConfigureAwait(false);
            await WriteAsync(room, second, 2, length).ConfigureAwait(false);
            await room.ExpectAbsentAsync(room.Store, name, "before its upload is complete").ConfigureAwait(false);
            var won = await Task.WhenAll(
                Task.Run(async () => await first.CompleteAsync(room.Token).ConfigureAwait(false), room.Token),
                Task.Run(async () => await second.CompleteAsync(room.Token).ConfigureAwait(false), room.Token)).ConfigureAwait(false);
            StoreRoom.Require(won[0] != won[1], $"Of two writers of a large object {won.Count(one => one)} were told that they won.");
            await ExpectAsync(room, name, won[0] ? 1 : 2, length).ConfigureAwait(false);
            StoreRoom.Require(!await room.PutAsync(name, 3, 100).ConfigureAwait(false), "A large object was overwritten by a small one.");
            await ExpectAsync(room, name, won[0] ? 1 : 2, length).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(StoreRoom room, ObjectUpload upload, int seed, long length)
    {
        var buffer = new byte[Piece];
        for (var offset = 0L; offset < length; offset += Piece)
        {
            var part = buffer.AsMemory(0, (int)Math.Min(Piece, length - offset));
            Pattern.Fill(part.Span, seed, offset);
            await upload.WriteAsync(part, room.Token).ConfigureAwait(false);
        }
    }

    private static async Task ExpectAsync(StoreRoom room, string name, int seed, long length)
    {
        StoreRoom.Require(await room.Store.GetLengthAsync(name, room.Token).ConfigureAwait(false) == length, "The length of a large object is wrong.");
        var buffer = new byte[Piece];
        for (var offset = 0L; offset < length; offset += Piece)
        {
            var read = await room.Other.ReadAsync(name, offset, buffer, room.Token).ConfigureAwait(false);
            StoreRoom.Require(read == Math.Min(Piece, length - offset), $"A large object ends at {offset + Math.Max(0, read)} instead of {length}.");
            StoreRoom.Require(Pattern.Matches(buffer.AsSpan(0, read), seed, offset), $"A large object has other bytes than were written, between {offset} and {offset + read}.");
        }
    }
}
