using System.Buffers;
using System.Threading.Channels;
using Segvault.Chunks;
using Segvault.Chunks.DocStore;
using Segvault.Content;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>
/// The way of the bytes: one task delivers files, which are cut and hashed; chunks are compressed and compared on all cores; one task puts them, in
/// order, into packs, unless a pack of an earlier backup, or one that an interrupted run left behind, has them. What is in flight is bounded, so memory does not grow with the index.
/// </summary>
internal sealed class PackingPipeline(PackSet packs, ChunkCodec codec, ResumablePacks? resumable = null, KnownChunks? known = null)
{
    private readonly Dictionary<string, List<StoredRun>> _runs = new(StringComparer.Ordinal);
    private readonly ChunkCodec _codec = codec;
    private readonly KnownChunks? _known = known;
    private readonly Dictionary<string, ContentVerdict> _verdicts = new(StringComparer.Ordinal);

    /// <summary>Stores what <paramref name="deliver"/> hands over, one file after the other. It opens each with a function that it is given.</summary>
    public async Task<IReadOnlyDictionary<string, StoredFile>> StoreAsync(
        Func<OpenStoredFile, CancellationToken, Task> deliver, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<PendingChunk>(new BoundedChannelOptions(2 * Environment.ProcessorCount) { SingleReader = true, SingleWriter = true });
        var delivering = Task.Run(() => DeliverAsync(deliver, channel.Writer, stop.Token), CancellationToken.None);
        try
        {
            await WriteAsync(channel.Reader, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            await DrainAsync(delivering, channel.Reader).ConfigureAwait(false);
        }

        return _verdicts.ToDictionary(entry => entry.Key, entry => new StoredFile(entry.Value, _runs.GetValueOrDefault(entry.Key) ?? []), StringComparer.Ordinal);
    }

    private async Task DeliverAsync(Func<OpenStoredFile, CancellationToken, Task> deliver, ChannelWriter<PendingChunk> chunks, CancellationToken cancellationToken)
    {
        try
        {
            await deliver((path, check, placement, onComplete) => new ChunkingSink(this, chunks, path, check, placement, onComplete), cancellationToken).ConfigureAwait(false);
            chunks.Complete();
        }
        catch (Exception exception)
        {
            // Reaches the caller through the writing side, which reads the channel to its end.
            chunks.Complete(exception);
        }
    }

    private async Task WriteAsync(ChannelReader<PendingChunk> chunks, CancellationToken cancellationToken)
    {
        var group = -1;
        await foreach (var pending in chunks.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (pending.Placement.Group != group)
                await packs.CloseAsync(cancellationToken).ConfigureAwait(false);
            group = pending.Placement.Group;
            using var chunk = await pending.Preparation.ConfigureAwait(false);
            if (chunk.Known is { } place)
            {
                var there = _known!.PackOf(place);
                packs.Refer(there, chunk.KnownLength);
                Record(pending.Path, there.Id, place.Index, chunk.KnownLength);
                continue;
            }

            if (chunk.Taken is { } taken)
            {
                packs.TakeOver(taken);
                Record(pending.Path, taken.Pack.Id, taken.Index, taken.PlainLength);
                continue;
            }

            var encoded = chunk.Encoded!.Value;
            var (pack, index) = await packs.AppendAsync(encoded, pending.Placement.TargetLength, cancellationToken).ConfigureAwait(false);
            Record(pending.Path, pack, index, encoded.PlainLength);
        }

        await packs.CloseAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Record(string path, ObjectId pack, int index, int plainLength)
    {
        if (!_runs.TryGetValue(path, out var runs))
            _runs.Add(path, runs = []);
        if (runs.Count > 0 && runs[^1] is var last && last.Pack == pack && last.FirstChunk + last.Count == index)
            runs[^1] = last with { Count = last.Count + 1, Length = last.Length + plainLength };
        else
            runs.Add(new StoredRun(pack, index, 1, plainLength));
    }

    /// <summary>Waits until nothing is under way any more, so that nobody uses a buffer or a codec that was given back.</summary>
    private static async Task DrainAsync(Task delivering, ChannelReader<PendingChunk> chunks)
    {
        await delivering.ConfigureAwait(false);
        while (chunks.TryRead(out var pending))
            await DiscardAsync(pending.Preparation).ConfigureAwait(false);
    }

    private static async Task DiscardAsync(Task<PreparedChunk> preparation)
    {
        try
        {
            (await preparation.ConfigureAwait(false)).Dispose();
        }
        catch (Exception exception) when (exception is ChunkCodecException or OperationCanceledException)
        {
            // The failure that stopped the pipeline is the one to tell.
        }
    }

    /// <summary>Takes over the rented buffer.</summary>
    private async Task<PreparedChunk> PrepareAsync(byte[] plain, int length, ChunkId? id, bool isCutByContent)
    {
        if (resumable is not null && await resumable.FindAsync(plain.AsMemory(0, length), _codec).ConfigureAwait(false) is { } taken)
        {
            ArrayPool<byte>.Shared.Return(plain);
            return new PreparedChunk(null, taken);
        }

        if (isCutByContent)
            id ??= ChunkId.Of(plain.AsSpan(0, length));
        return new PreparedChunk(EncodedChunk.Encode(plain, length, _codec, id), null);
    }

    /// <summary>A chunk that is to be stored, or one that is in the store already.</summary>
    private readonly record struct PreparedChunk(EncodedChunk? Encoded, TakenChunk? Taken, KnownChunk? Known = null, int KnownLength = 0) : IDisposable
    {
        public void Dispose() => Encoded?.Dispose();
    }

    private readonly record struct PendingChunk(string Path, PackPlacement Placement, Task<PreparedChunk> Preparation);

    /// <summary>Cuts one file into chunks, and checks it on the way.</summary>
    private sealed class ChunkingSink(
        PackingPipeline pipeline, ChannelWriter<PendingChunk> chunks, string path, ContentCheck check, PackPlacement placement, Action<ContentVerdict> onComplete)
        : IContentSink
    {
        private readonly CheckedContent _content = new(check);
        private readonly bool _isCutByContent = placement.Layout == ContentLayout.Lz4Blocks;
        private readonly ChunkBuffer _buffer = new(placement.Layout == ContentLayout.Lz4Blocks ? new BlockCutter() : new FixedCutter());
        private readonly KnownRuns? _runs = placement.Layout == ContentLayout.Lz4Blocks && pipeline._known is { } chunks ? new KnownRuns(chunks) : null;

        public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            _content.Append(bytes.Span);
            while (!bytes.IsEmpty)
            {
                bytes = bytes[_buffer.Add(bytes.Span)..];
                await EmitAsync(isEnd: false, cancellationToken).ConfigureAwait(false);
            }
        }

        public async ValueTask CompleteAsync(CancellationToken cancellationToken)
        {
            await EmitAsync(isEnd: true, cancellationToken).ConfigureAwait(false);
            foreach (var chunk in _runs?.Complete() ?? [])
                await EmitAsync(chunk, cancellationToken).ConfigureAwait(false);
            var verdict = _content.Complete();
            onComplete(verdict);
            pipeline._verdicts.Add(path, verdict);
        }

        public ValueTask DisposeAsync()
        {
            _content.Dispose();
            _buffer.Dispose();
            return ValueTask.CompletedTask;
        }

        private async ValueTask EmitAsync(bool isEnd, CancellationToken cancellationToken)
        {
            while (_buffer.TryTake(isEnd, out var plain, out var length))
            {
                foreach (var chunk in _runs?.Add(plain, length, ChunkId.Of(plain.AsSpan(0, length))) ?? [new CutChunk(plain, length, null, null)])
                    await EmitAsync(chunk, cancellationToken).ConfigureAwait(false);
            }
        }

        private async ValueTask EmitAsync(CutChunk chunk, CancellationToken cancellationToken)
        {
            // The chunk owns the buffer from here on.
            var preparation = chunk.Plain is { } plain
                ? Task.Run(() => pipeline.PrepareAsync(plain, chunk.Length, chunk.Id, _isCutByContent), CancellationToken.None)
                : Task.FromResult(new PreparedChunk(null, null, chunk.Known, chunk.Length));
            try
            {
                await chunks.WriteAsync(new PendingChunk(path, placement, preparation), cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await DiscardAsync(preparation).ConfigureAwait(false);
                throw;
            }
        }
    }
}

/// <summary>Opens a file to be stored.</summary>
/// <param name="path">Its path.</param>
/// <param name="check">The engine's check of it.</param>
/// <param name="placement">Which packs its chunks go into.</param>
/// <param name="onComplete">Told what its bytes say, and throws if that will not do.</param>
internal delegate IContentSink OpenStoredFile(string path, ContentCheck check, PackPlacement placement, Action<ContentVerdict> onComplete);

/// <summary>Which packs a chunk goes into.</summary>
/// <param name="Group">Chunks of different groups do not share a pack.</param>
/// <param name="TargetLength">Size in bytes at which a pack is closed.</param>
/// <param name="Layout">How the file is laid out, when it is to be cut by that.</param>
internal readonly record struct PackPlacement(int Group, long TargetLength, ContentLayout Layout = ContentLayout.Opaque);

/// <summary>A file that was read and stored.</summary>
/// <param name="Verdict">What its bytes say.</param>
/// <param name="Runs">Where its bytes are.</param>
internal sealed record StoredFile(ContentVerdict Verdict, IReadOnlyList<StoredRun> Runs);

/// <summary>Consecutive chunks of one file in one pack.</summary>
internal readonly record struct StoredRun(ObjectId Pack, int FirstChunk, int Count, long Length);
