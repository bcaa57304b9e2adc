using System.Buffers;
using Segvault.Chunks.Positions;
using Segvault.Engines;

namespace Segvault.Chunks;

/// <summary>A chunk ready to be stored, in a rented buffer.</summary>
internal readonly struct EncodedChunk : IDisposable
{
    private readonly byte[] _buffer;
    private readonly int _length;

    private EncodedChunk(byte[] buffer, int length, ChunkEncoding encoding, int plainLength, ulong checksum, ChunkId? id)
    {
        _buffer = buffer;
        _length = length;
        Encoding = encoding;
        PlainLength = plainLength;
        Checksum = checksum;
        Id = id;
    }

    public ChunkEncoding Encoding { get; }

    public int PlainLength { get; }

    public ulong Checksum { get; }

    /// <summary>What identifies the content, if the chunk was cut by it.</summary>
    public ChunkId? Id { get; }

    public ReadOnlyMemory<byte> Stored => _buffer.AsMemory(0, _length);

    /// <summary>Encodes and compares. Takes over the rented <paramref name="plain"/> and returns it to its pool.</summary>
    public static EncodedChunk Encode(byte[] plain, int plainLength, ChunkCodec codec, ContentLayout layout, PackedRuns? runs, ChunkId? id)
    {
        var pool = ArrayPool<byte>.Shared;
        var stored = pool.Rent(ChunkCodec.GetBound(plainLength));
        var scratch = pool.Rent(plainLength);
        try
        {
            var bytes = plain.AsSpan(0, plainLength);
            var length = codec.Encode(bytes, stored, scratch, out var encoding, layout, runs);
            return new EncodedChunk(stored, length, encoding, plainLength, ChunkCodec.Checksum(bytes), id);
        }
        finally
        {
            pool.Return(scratch);
            pool.Return(plain);
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
