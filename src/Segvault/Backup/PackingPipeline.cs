using System.Buffers;
using Segvault.Chunks;
using Segvault.Chunks.DocStore;
using Segvault.Chunks.Positions;
using Segvault.Content;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>
/// The way of the bytes: files are delivered one after another, cut and hashed; their chunks are compressed and compared on all cores; then they are put,
/// in order, into packs, unless a pack of an earlier backup, or one that an interrupted run left behind, has them. What is in flight is bounded, so memory
/// does not grow with the index.
/// </summary>
internal sealed class PackingPipeline(PackSet packs, ChunkCodec codec, ResumablePacks? resumable = null, KnownChunks? known = null)
{
    private readonly Dictionary<string, List<StoredRun>> _runs = new(StringComparer.Ordinal);
    private readonly ChunkCodec _codec = codec;
    private readonly KnownChunks? _known = known;
    private readonly Dictionary<string, ContentVerdict> _verdicts = new(StringComparer.Ordinal);
    private int _group = -1;

    /// <summary>Stores what <paramref name="deliver"/> hands over, one file after the other. It opens each with a function that it is given.</summary>
    public async Task<IReadOnlyDictionary<string, StoredFile>> StoreAsync(
        Func<OpenStoredFile, CancellationToken, Task> deliver, CancellationToken cancellationToken)
    {
        await OrderedWork<PreparedChunks>.RunAsync(
            (work, token) => deliver((path, check, layout, placement, onComplete) => new ChunkingSink(this, work, path, check, layout, placement, onComplete), token),
            prepared => PutAsync(prepared, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        await packs.CloseAsync(cancellationToken).ConfigureAwait(false);
        return _verdicts.ToDictionary(entry => entry.Key, entry => new StoredFile(entry.Value, _runs.GetValueOrDefault(entry.Key) ?? []), StringComparer.Ordinal);
    }

    /// <summary>Takes over the rented buffers of the chunks.</summary>
    private async Task<PreparedChunks> PrepareAsync(string path, ContentLayout layout, PackPlacement placement, IReadOnlyList<CutChunk> chunks)
    {
        var prepared = new PreparedChunks(path, placement);
        try
        {
            foreach (var chunk in chunks)
                prepared.Chunks.Add(await PrepareAsync(chunk, layout, placement.IsCutByContent).ConfigureAwait(false));
            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    private async Task<PreparedChunk> PrepareAsync(CutChunk chunk, ContentLayout layout, bool hasId)
    {
        if (chunk.Plain is not { } plain)
            return new PreparedChunk(chunk.Length, Known: chunk.Known);
        if (resumable is not null && await resumable.FindAsync(plain.AsMemory(0, chunk.Length), _codec).ConfigureAwait(false) is { } taken)
        {
            ArrayPool<byte>.Shared.Return(plain);
            return new PreparedChunk(chunk.Length, Taken: taken);
        }

        ChunkId? id = hasId ? chunk.Id ?? ChunkId.Of(plain.AsSpan(0, chunk.Length)) : null;
        return new PreparedChunk(chunk.Length, Encoded: EncodedChunk.Encode(plain, chunk.Length, _codec, layout, chunk.Runs, id));
    }

    private async ValueTask PutAsync(PreparedChunks prepared, CancellationToken cancellationToken)
    {
        if (prepared.Placement.Group != _group)
            await packs.CloseAsync(cancellationToken).ConfigureAwait(false);
        _group = prepared.Placement.Group;
        foreach (var chunk in prepared.Chunks)
        {
            var (pack, index) = await PutAsync(chunk, prepared.Placement.TargetLength, cancellationToken).ConfigureAwait(false);
            Record(prepared.Path, pack, index, chunk.Length);
        }
    }

    private async ValueTask<(ObjectId Pack, int Index)> PutAsync(PreparedChunk chunk, long targetLength, CancellationToken cancellationToken)
    {
        if (chunk.Known is { } place)
        {
            var there = _known!.PackOf(place);
            packs.Refer(there, chunk.Length);
            return (there.Id, place.Index);
        }

        if (chunk.Taken is { } taken)
        {
            packs.TakeOver(taken);
            return (taken.Pack.Id, taken.Index);
        }

        return await packs.AppendAsync(chunk.Encoded!.Value, targetLength, cancellationToken).ConfigureAwait(false);
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

    /// <summary>A chunk that is to be stored, or one that is in the store already.</summary>
    private readonly record struct PreparedChunk(int Length, EncodedChunk? Encoded = null, TakenChunk? Taken = null, KnownChunk? Known = null);

    /// <summary>Consecutive chunks of one file.</summary>
    private sealed record PreparedChunks(string Path, PackPlacement Placement) : IDisposable
    {
        public List<PreparedChunk> Chunks { get; } = [];

        public void Dispose()
        {
            foreach (var chunk in Chunks)
                chunk.Encoded?.Dispose();
        }
    }

    /// <summary>Cuts one file into chunks, and checks it on the way.</summary>
    private sealed class ChunkingSink(
        PackingPipeline pipeline, OrderedWork<PreparedChunks> work, string path, ContentCheck check, ContentLayout layout, PackPlacement placement,
        Action<ContentVerdict> onComplete)
        : IContentSink
    {
        private readonly CheckedContent _content = new(check);
        private readonly ChunkBuffer _buffer = new(placement.IsCutByContent ? new BlockCutter() : new FixedCutter());
        private readonly KnownRuns? _runs = placement.IsCutByContent && pipeline._known is { } known ? new KnownRuns(known) : null;

        /// <summary>Blocks are whole only in chunks that are cut between them.</summary>
        private readonly ContentLayout _layout = layout == ContentLayout.Lz4Blocks && !placement.IsCutByContent ? ContentLayout.Opaque : layout;
        private OpenList _open;
        private List<CutChunk> _piece = [];
        private int _pieceLength;

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
            await HandOverAsync(cancellationToken).ConfigureAwait(false);
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
                if (_runs is null)
                {
                    await EmitAsync(new CutChunk(plain, length, null, null, FindPositions(plain.AsSpan(0, length))), cancellationToken).ConfigureAwait(false);
                    continue;
                }

                foreach (var chunk in _runs.Add(plain, length, ChunkId.Of(plain.AsSpan(0, length))))
                    await EmitAsync(chunk, cancellationToken).ConfigureAwait(false);
            }
        }

        /// <summary>Looked for here, where the chunks of a file are in order: a list goes on in the next one, which does not tell how it is packed.</summary>
        private PackedRuns? FindPositions(ReadOnlySpan<byte> chunk)
        {
            if (!pipeline._codec.UnpacksPositions(_layout))
                return null;
            var found = PackedRuns.Find(chunk, _open);
            _open = found.Open;
            return found;
        }

        private ValueTask EmitAsync(CutChunk chunk, CancellationToken cancellationToken)
        {
            _piece.Add(chunk);
            _pieceLength += chunk.Length;
            return _pieceLength < OrderedWork<PreparedChunks>.UsualLength ? ValueTask.CompletedTask : HandOverAsync(cancellationToken);
        }

        private async ValueTask HandOverAsync(CancellationToken cancellationToken)
        {
            if (_piece.Count == 0)
                return;
            var (piece, length) = (_piece, _pieceLength);
            (_piece, _pieceLength) = ([], 0);
            await work.AddAsync(() => pipeline.PrepareAsync(path, _layout, placement, piece), length, cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>Opens a file to be stored.</summary>
/// <param name="path">Its path.</param>
/// <param name="check">The engine's check of it.</param>
/// <param name="layout">How it is laid out.</param>
/// <param name="placement">Which packs its chunks go into.</param>
/// <param name="onComplete">Told what its bytes say, and throws if that will not do.</param>
internal delegate IContentSink OpenStoredFile(string path, ContentCheck check, ContentLayout layout, PackPlacement placement, Action<ContentVerdict> onComplete);

/// <summary>Which packs a chunk goes into.</summary>
/// <param name="Group">Chunks of different groups do not share a pack.</param>
/// <param name="TargetLength">Size in bytes at which a pack is closed.</param>
/// <param name="IsCutByContent">Whether the file is cut by its content: the chunks then have ids.</param>
internal readonly record struct PackPlacement(int Group, long TargetLength, bool IsCutByContent = false);

/// <summary>A file that was read and stored.</summary>
/// <param name="Verdict">What its bytes say.</param>
/// <param name="Runs">Where its bytes are.</param>
internal sealed record StoredFile(ContentVerdict Verdict, IReadOnlyList<StoredRun> Runs);

/// <summary>Consecutive chunks of one file in one pack.</summary>
internal readonly record struct StoredRun(ObjectId Pack, int FirstChunk, int Count, long Length);
