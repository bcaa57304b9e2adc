namespace Segvault.Storage.Conformance;

/// <summary>What becomes of an object on its way.</summary>
internal static class UploadChecks
{
    private const int Length = 200_000;

    public static async Task InvisibleUntilCompleteAsync(StoreRoom room)
    {
        var name = room.Name("object");
        var content = Pattern.Of(1, Length);
        var upload = await room.Store.CreateAsync(name, room.Token).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            foreach (var part in content.Chunk(Length / 2))
            {
                await upload.WriteAsync(part, room.Token).ConfigureAwait(false);
                await room.ExpectAbsentAsync(room.Store, name, "before its upload is complete").ConfigureAwait(false);
                await room.ExpectAbsentAsync(room.Other, name, "before its upload is complete").ConfigureAwait(false);
            }

            StoreRoom.Require(await upload.CompleteAsync(room.Token).ConfigureAwait(false), "The name of an absent object was refused as taken.");
            await room.ExpectAsync(room.Store, name, 1, Length, "once its upload is complete").ConfigureAwait(false);
        }

        await room.ExpectAsync(room.Store, name, 1, Length, "once its upload is disposed of").ConfigureAwait(false);
    }

    public static async Task DiscardedAsync(StoreRoom room)
    {
        var name = room.Name("object");
        foreach (var length in new[] { 0, 1000, Length })
        {
            var upload = await room.Store.CreateAsync(name, room.Token).ConfigureAwait(false);
            await using (upload.ConfigureAwait(false))
                await upload.WriteAsync(Pattern.Of(1, length), room.Token).ConfigureAwait(false);
            await room.ExpectAbsentAsync(room.Store, name, "although its upload was never completed").ConfigureAwait(false);
        }

        await room.MustPutAsync(name, 2, Length).ConfigureAwait(false);
        await room.ExpectAsync(room.Store, name, 2, Length, "after an upload under its name was discarded").ConfigureAwait(false);
    }

    public static async Task CancelledWriteAsync(StoreRoom room)
    {
        var name = room.Name("object");
        using var stop = new CancellationTokenSource();
        var upload = await room.Store.CreateAsync(name, stop.Token).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            await upload.WriteAsync(Pattern.Of(1, Length), stop.Token).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            StoreRoom.Require(await IsCancelledAsync(() => upload.WriteAsync(new byte[Length], stop.Token)).ConfigureAwait(false), "A write goes on although it was cancelled.");
        }

        await room.ExpectAbsentAsync(room.Store, name, "although writing it was cancelled").ConfigureAwait(false);
        await room.MustPutAsync(name, 2, 1000).ConfigureAwait(false);
        await room.ExpectAsync(room.Store, name, 2, 1000, "after another write of its name was cancelled").ConfigureAwait(false);
    }

    public static async Task CancelledCompletionAsync(StoreRoom room)
    {
        var name = room.Name("object");
        var upload = await room.Store.CreateAsync(name, room.Token).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            await upload.WriteAsync(Pattern.Of(1, Length), room.Token).ConfigureAwait(false);
            await IsCancelledAsync(async () => await upload.CompleteAsync(new CancellationToken(canceled: true)).ConfigureAwait(false)).ConfigureAwait(false);
        }

        // Whether it won is open; what must not be is something between.
        var free = await room.PutAsync(name, 2, 1000).ConfigureAwait(false);
        await room.ExpectAsync(room.Store, name, free ? 2 : 1, free ? 1000 : Length, "after its completion was cancelled").ConfigureAwait(false);
    }

    public static async Task ReusedBufferAsync(StoreRoom room)
    {
        const int Parts = 5;
        var name = room.Name("object");
        var upload = await room.Store.CreateAsync(name, room.Token).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            var buffer = new byte[Length / Parts];
            for (var part = 0; part < Parts; part++)
            {
                Pattern.Fill(buffer, 1, part * (long)buffer.Length);
                await upload.WriteAsync(buffer, room.Token).ConfigureAwait(false);
            }

            buffer.AsSpan().Clear();
            StoreRoom.Require(await upload.CompleteAsync(room.Token).ConfigureAwait(false), "The name of an absent object was refused as taken.");
        }

        await room.ExpectAsync(room.Store, name, 1, Length, "when the buffer was used again after each write").ConfigureAwait(false);
    }

    private static async Task<bool> IsCancelledAsync(Func<ValueTask> action)
    {
        try
        {
            await action().ConfigureAwait(false);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
