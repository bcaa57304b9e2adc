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

    /// <summary>Adds an encoded chunk; returns its index.</summary>
    public async ValueTask<int> AppendAsync(ChunkEncoding encoding, ReadOnlyMemory<byte> stored, int plainLength, ulong checksum, CancellationToken cancellationToken)
    {
        _chunks.Add(new PackChunk(encoding, Length, stored.Length, plainLength, checksum));
        await WriteAsync(stored, cancellationToken).ConfigureAwait(false);
        return _chunks.Count - 1;
    }

    /// <summary>Writes table and trailer and gives the pack its name.</summary>
    public async Task<PackReference> CompleteAsync(CancellationToken cancellationToken)
    {
        var tableOffset = Length;
        var end = new byte[(_chunks.Count * PackFormat.TableEntryLength) + PackFormat.TrailerLength];
        for (var i = 0; i < _chunks.Count; i++)
            PackFormat.WriteTableEntry(end.AsSpan(i * PackFormat.TableEntryLength), _chunks[i]);
        PackFormat.WriteTrailer(end.AsSpan()[^PackFormat.TrailerLength..], tableOffset, _chunks.Count);
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
