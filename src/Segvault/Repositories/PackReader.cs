using System.Buffers;
using System.IO.Hashing;
using Segvault.Chunks;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Reads the chunks of one pack. Its header, table and trailer were checked when it was opened.</summary>
internal sealed class PackReader
{
    /// <summary>How many bytes are asked for at once.</summary>
    private const int LargestRead = 4 * 1024 * 1024;

    private const int TailLength = 64 * 1024;

    private readonly ObjectStore _store;
    private readonly PackReference _pack;

    private PackReader(ObjectStore store, PackReference pack, PackChunk[] chunks, ChunkId[]? ids)
    {
        Ids = ids;
        _store = store;
        _pack = pack;
        Chunks = chunks;
    }

    public PackChunk[] Chunks { get; }

    /// <summary>The chunks' ids; null where the pack has none.</summary>
    public ChunkId[]? Ids { get; }

    /// <summary>Bytes of header, table and trailer.</summary>
    public long FrameLength => ObjectHeader.Length + PackFormat.TrailerLength + ((long)Chunks.Length * PackFormat.EntryLengthOf(Ids is not null));

    /// <summary>Where the last chunk ends.</summary>
    public long ChunksEnd => Chunks is [.., var last] ? last.Offset + last.StoredLength : ObjectHeader.Length;

    /// <summary>The pack, as a manifest would refer to it.</summary>
    public PackReference Pack => _pack;

    /// <summary>Opens a pack that a manifest refers to.</summary>
    /// <exception cref="DamageException">The pack is missing, or its structure is not what the manifest says.</exception>
    public static async Task<PackReader> OpenAsync(ObjectStore store, ObjectId repository, PackReference pack, CancellationToken cancellationToken)
    {
        var reader = await OpenUnreferencedAsync(store, repository, pack.Id, pack.Length, cancellationToken).ConfigureAwait(false);
        return reader.Pack.Checksum == pack.Checksum
            ? reader
            : throw Damaged(pack.Id, store, "has another checksum than the manifest records: it is another pack, or was changed");
    }

    /// <summary>Opens a pack of which nothing but its size is known, and takes its checksum from its trailer.</summary>
    /// <exception cref="DamageException">The pack is missing, or its structure is not sound.</exception>
    /// <exception cref="UnsupportedFormatException">The pack is sound, and a newer version wrote it.</exception>
    public static async Task<PackReader> OpenUnreferencedAsync(
        ObjectStore store, ObjectId repository, ObjectId id, long expectedLength, CancellationToken cancellationToken)
    {
        var name = PackFormat.NameOf(id);
        var length = await store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw Damaged(id, store, "is missing");
        if (length != expectedLength || length < ObjectHeader.Length + PackFormat.TrailerLength)
            throw Damaged(id, store, $"has {length} bytes instead of {expectedLength}");
        var header = await ReadRangeAsync(store, id, 0, ObjectHeader.Length, cancellationToken).ConfigureAwait(false);
        if (ObjectHeader.Check(header, ObjectKind.Pack, repository, new ObjectName(id)) is { } headerProblem)
            throw Damaged(id, store, headerProblem);
        var tail = await ReadRangeAsync(store, id, Math.Max(0, length - TailLength), (int)Math.Min(length, TailLength), cancellationToken).ConfigureAwait(false);
        var trailer = tail.AsSpan()[^PackFormat.TrailerLength..];
        if (PackFormat.ReadTrailer(trailer, length, out var tableOffset, out var count, out var kind) is { } trailerProblem)
            throw Damaged(id, store, trailerProblem);
        var pack = new PackReference(id, length, PackFormat.ReadChecksum(trailer));
        if (kind > PackFormat.LargestKind)
            throw await ExplainUnknownAsync(store, pack, "a table of a kind", cancellationToken).ConfigureAwait(false);
        var hasIds = kind == 1;
        var tableLength = count * PackFormat.EntryLengthOf(hasIds);
        var table = tableLength <= tail.Length - PackFormat.TrailerLength
            ? tail.AsMemory()[(tail.Length - PackFormat.TrailerLength - tableLength)..^PackFormat.TrailerLength]
            : await ReadRangeAsync(store, id, tableOffset, tableLength, cancellationToken).ConfigureAwait(false);
        if (PackFormat.ReadTable(table.Span, tableOffset, hasIds, out var chunks, out var ids) is { } tableProblem)
            throw Damaged(id, store, tableProblem);
        if (!Array.TrueForAll(chunks, chunk => ChunkCodec.Knows(chunk.Encoding)))
            throw await ExplainUnknownAsync(store, pack, "chunks in an encoding", cancellationToken).ConfigureAwait(false);
        return new PackReader(store, pack, chunks, ids);
    }

    /// <summary>Says what is wrong with a run of chunks, as far as the table tells; null when nothing is.</summary>
    public string? CheckRun(ChunkRun run)
    {
        if (run.FirstChunk < 0 || run.Count < 0 || (long)run.FirstChunk + run.Count > Chunks.Length)
            return $"has {Chunks.Length} chunks, and the manifest refers to number {(long)run.FirstChunk + run.Count - 1}";
        var length = Of(run).Sum(chunk => (long)chunk.PlainLength);
        return length == run.Length ? null : $"holds {length} bytes in chunks {run.FirstChunk}–{run.FirstChunk + run.Count - 1}, and the manifest counts on {run.Length}";
    }

    /// <summary>Bytes in the store that a run takes up.</summary>
    public long StoredLength(ChunkRun run) => Of(run).Sum(chunk => (long)chunk.StoredLength);

    /// <summary>Reads a run's chunks in order, decoded and compared with their checksums; with their ids they are not: who reads a file compares its SHA-256.</summary>
    /// <exception cref="DamageException">A chunk is not what was stored.</exception>
    public async Task ReadAsync(ChunkRun run, ChunkCodec codec, Func<ReadOnlyMemory<byte>, ValueTask> receive, CancellationToken cancellationToken)
    {
        if (CheckRun(run) is { } problem)
            throw Damaged(_pack.Id, _store, problem);
        ShortRead? missing = null;
        await OrderedWork<DecodedChunks>.RunAsync(
            async (work, token) => missing = await HandOverAsync(
                run.FirstChunk,
                run.FirstChunk + run.Count,
                codec,
                checkIds: false,
                _ => { },
                work,
                token).ConfigureAwait(false),
            decoded => decoded.Bad is [var bad, ..] ? throw Damaged(_pack.Id, _store, $"has a chunk (number {bad.Number}) that {bad.Problem}") : receive(decoded.Content),
            cancellationToken).ConfigureAwait(false);
        if (missing is { } at)
            throw Damaged(_pack.Id, _store, at.Explain(_pack.Length));
    }

    /// <summary>Reads consecutive chunks, neighbours with one request, and hands them over to be decoded. Returns where the pack ended too soon; null when it did not.</summary>
    /// <param name="first">The first chunk.</param>
    /// <param name="end">The one behind the last.</param>
    /// <param name="codec">Decodes them.</param>
    /// <param name="checkIds">Whether they are compared with their ids, where they have some.</param>
    /// <param name="onRead">Takes the stored bytes in order.</param>
    /// <param name="work">Decodes on all cores.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    public async Task<ShortRead?> HandOverAsync(
        int first, int end, ChunkCodec codec, bool checkIds, Action<ReadOnlyMemory<byte>> onRead, OrderedWork<DecodedChunks> work, CancellationToken cancellationToken)
    {
        ShortRead? missing = null;
        for (int next = first, begin = first; begin < end && missing is null; begin = next)
        {
            var length = 0;
            do
                length += Chunks[next++].StoredLength;
            while (next < end && length + Chunks[next].StoredLength <= LargestRead);
            missing = await HandOverAsync(begin, next, length, codec, checkIds, onRead, work, cancellationToken).ConfigureAwait(false);
        }

        return missing;
    }

    /// <summary>Reads the whole pack and compares it with its checksum; null when they agree, else what is wrong.</summary>
    public static async Task<string?> CheckStoredBytesAsync(ObjectStore store, PackReference pack, Action<int> onRead, CancellationToken cancellationToken)
    {
        var checksum = new XxHash128();
        var missing = await ReadBytesAsync(
            store,
            pack,
            0,
            pack.Length - PackFormat.ChecksumLength,
            bytes =>
            {
                checksum.Append(bytes.Span);
                onRead(bytes.Length);
            },
            cancellationToken).ConfigureAwait(false);
        return Explain(pack, missing, checksum);
    }

    /// <summary>Reads a part of a pack, in order. Returns where the pack ended too soon; null when it did not.</summary>
    public static async Task<ShortRead?> ReadBytesAsync(
        ObjectStore store, PackReference pack, long offset, long end, Action<ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        const int Part = 1024 * 1024;
        var buffer = ArrayPool<byte>.Shared.Rent(Part);
        try
        {
            while (offset < end)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(Part, end - offset));
                var read = await store.ReadAsync(PackFormat.NameOf(pack.Id), offset, part, cancellationToken).ConfigureAwait(false);
                if (read != part.Length)
                    return new ShortRead(offset, read);
                receive(part);
                offset += read;
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Says what is wrong with a pack that was read whole, as far as it was there; null when nothing is.</summary>
    public static string? Explain(PackReference pack, ShortRead? missing, XxHash128 checksum) =>
        missing is { } at ? at.Explain(pack.Length)
        : checksum.GetCurrentHashAsUInt128() == pack.Checksum ? null
        : "does not match its checksum: stored bytes were changed";

    /// <summary>What is not understood is newer only if it is what was written: a flipped bit is damage.</summary>
    private static async Task<SegvaultException> ExplainUnknownAsync(ObjectStore store, PackReference pack, string what, CancellationToken cancellationToken) =>
        await CheckStoredBytesAsync(store, pack, _ => { }, cancellationToken).ConfigureAwait(false) is { } problem
            ? Damaged(pack.Id, store, problem)
            : new UnsupportedFormatException($"Pack {PackFormat.NameOf(pack.Id)} of the repository at {store.Location} was written by a newer version: it has {what} that this one does not know.");

    private ArraySegment<PackChunk> Of(ChunkRun run) => new(Chunks, run.FirstChunk, run.Count);

    private async Task<ShortRead?> HandOverAsync(
        int first,
        int end,
        int storedLength,
        ChunkCodec codec,
        bool checkIds,
        Action<ReadOnlyMemory<byte>> onRead,
        OrderedWork<DecodedChunks> work,
        CancellationToken cancellationToken)
    {
        var stored = new StoredPiece(storedLength);
        try
        {
            var offset = Chunks[first].Offset;
            var read = await _store.ReadAsync(PackFormat.NameOf(_pack.Id), offset, stored.Bytes, cancellationToken).ConfigureAwait(false);
            if (read != storedLength)
                return new ShortRead(offset, read);
            onRead(stored.Bytes);
            for (int next = first, begin = first, start = 0; begin < end; begin = next)
            {
                var part = stored.Bytes[start..];
                var length = 0;
                for (; next < end && (next == begin || length + Chunks[next].PlainLength <= OrderedWork<DecodedChunks>.UsualLength); next++)
                {
                    length += Chunks[next].PlainLength;
                    start += Chunks[next].StoredLength;
                }

                var (from, to) = (begin, next);
                stored.Share();
                await work.AddAsync(() => Task.FromResult(Decode(from, to, part, stored, codec, checkIds)), length, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }
        finally
        {
            stored.Release();
        }
    }

    private DecodedChunks Decode(int first, int end, ReadOnlyMemory<byte> bytes, StoredPiece stored, ChunkCodec codec, bool checkIds)
    {
        try
        {
            return DecodedChunks.Decode(this, first, end, bytes.Span, codec, checkIds);
        }
        finally
        {
            stored.Release();
        }
    }

    private static async Task<byte[]> ReadRangeAsync(ObjectStore store, ObjectId pack, long offset, int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        var read = await store.ReadAsync(PackFormat.NameOf(pack), offset, bytes, cancellationToken).ConfigureAwait(false);
        return read == length ? bytes : throw Damaged(pack, store, read < 0 ? "is missing" : "is cut short");
    }

    private static DamageException Damaged(ObjectId pack, ObjectStore store, string problem, Exception? inner = null) => new(
        ErrorCode.RepositoryDamaged,
        PackFormat.NameOf(pack),
        $"Pack {PackFormat.NameOf(pack)} of the repository at {store.Location} {problem}.",
        "Run `segvault verify --read-data` to see which backups and files it concerns; the next backup stores again what the index still has.",
        inner);
}

/// <summary>A pack ended where it must not.</summary>
/// <param name="Offset">From where on it was read.</param>
/// <param name="Read">Bytes that were there; -1 when there was no pack any more.</param>
internal readonly record struct ShortRead(long Offset, int Read)
{
    public string Explain(long length) => Read < 0 ? "is missing" : $"ends after {Offset + Read} of {length} bytes";
}
