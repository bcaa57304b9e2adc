using System.Buffers.Binary;
using System.IO.Hashing;
using Segvault.Chunks;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Writes one pack, chunk after chunk. Disposing it before <see cref="CompleteAsync"/> discards the pack.</summary>
internal sealed class PackWriter : IAsyncDisposable
{
    private readonly ObjectUpload _upload;
    private readonly XxHash128 _checksum = new();
    private readonly List<PackChunk> _chunks = [];
    private readonly List<ChunkId> _ids = [];

    private PackWriter(ObjectId id, ObjectUpload upload)
    {
        Id = id;
        _upload = upload;
    }

    public ObjectId Id { get; }

    public int Chunks => _chunks.Count;

    /// <summary>Bytes written so far.</summary>
    public long Length { get; private set; }

    public static async Task<PackWriter> CreateAsync(ObjectStore store, ObjectId repository, CancellationToken cancellationToken)
    {
        var id = ObjectId.NewRandom();
        var writer = new PackWriter(id, await store.CreateAsync(PackFormat.NameOf(id), cancellationToken).ConfigureAwait(false));
        try
        {
            var header = new byte[ObjectHeader.Length];
            ObjectHeader.Write(header, ObjectKind.Pack, repository, new ObjectName(id));
            await writer.WriteAsync(header, cancellationToken).ConfigureAwait(false);
            return writer;
        }
        catch
        {
            await writer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Adds an encoded chunk; returns its index. Either all chunks of a pack have an id, or none has.</summary>
    public async ValueTask<int> AppendAsync(
        ChunkEncoding encoding, ReadOnlyMemory<byte> stored, int plainLength, ulong checksum, CancellationToken cancellationToken, ChunkId? id = null)
    {
        if (id is null != (_ids.Count == 0) && _chunks.Count > 0)
            throw new InvalidOperationException("Chunks with and without an id cannot share a pack.");
        if (id is { } known)
            _ids.Add(known);
        _chunks.Add(new PackChunk(encoding, Length, stored.Length, plainLength, checksum));
        await WriteAsync(stored, cancellationToken).ConfigureAwait(false);
        return _chunks.Count - 1;
    }

    /// <summary>Writes table and trailer and gives the pack its name.</summary>
    public async Task<PackReference> CompleteAsync(CancellationToken cancellationToken)
    {
        var tableOffset = Length;
        var hasIds = _ids.Count > 0;
        var entryLength = PackFormat.EntryLengthOf(hasIds);
        var end = new byte[(_chunks.Count * entryLength) + PackFormat.TrailerLength];
        for (var i = 0; i < _chunks.Count; i++)
        {
            PackFormat.WriteTableEntry(end.AsSpan(i * entryLength), _chunks[i]);
            if (hasIds)
                _ids[i].Write(end.AsSpan((i * entryLength) + PackFormat.TableEntryLength));
        }

        PackFormat.WriteTrailer(end.AsSpan()[^PackFormat.TrailerLength..], tableOffset, _chunks.Count, hasIds);
        _checksum.Append(end.AsSpan()[..^PackFormat.ChecksumLength]);
        var checksum = _checksum.GetCurrentHashAsUInt128();
        BinaryPrimitives.WriteUInt128BigEndian(end.AsSpan()[^PackFormat.ChecksumLength..], checksum);
        await _upload.WriteAsync(end, cancellationToken).ConfigureAwait(false);
        Length += end.Length;
        if (!await _upload.CompleteAsync(cancellationToken).ConfigureAwait(false))
            throw new IOException($"An object named {PackFormat.NameOf(Id)} exists already. Its name was chosen at random: this cannot be.");
        return new PackReference(Id, Length, checksum);
    }

    public ValueTask DisposeAsync() => _upload.DisposeAsync();

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _checksum.Append(bytes.Span);
        Length += bytes.Length;
        await _upload.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
    }
}
