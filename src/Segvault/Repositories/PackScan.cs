using System.Buffers;
using System.Collections.Immutable;
using System.IO.Hashing;
using Segvault.Chunks;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Reads every byte of a pack once, in order: compares them with the pack's checksum, and decodes every chunk and compares it with its own.</summary>
/// <param name="store">Where the pack is.</param>
/// <param name="pack">The pack, as a manifest records it.</param>
/// <param name="reader">Has its table, which was read and is sound: its chunks lie one after another between header and table.</param>
/// <param name="codec">Decodes chunks.</param>
internal sealed class PackScan(ObjectStore store, PackReference pack, PackReader reader, ChunkCodec codec)
{
    private const int LargestRead = 4 * 1024 * 1024;

    private readonly PackChunk[] _chunks = reader.Chunks;
    private readonly XxHash128 _checksum = new();
    private readonly ImmutableArray<BadChunk>.Builder _bad = ImmutableArray.CreateBuilder<BadChunk>();

    /// <summary>Reads the pack.</summary>
    /// <param name="receive">Takes every chunk that is good, by its number, decoded.</param>
    /// <param name="onRead">Takes the number of bytes after every read.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="IOException">The store failed, which says nothing about the pack.</exception>
    public async Task<PackScanResult> RunAsync(Action<int, ReadOnlyMemory<byte>> receive, Action<int> onRead, CancellationToken cancellationToken)
    {
        var offset = 0L;
        var next = 0;
        var end = pack.Length - PackFormat.ChecksumLength;
        while (offset < end)
        {
            var first = next;
            var length = ObjectHeader.Length;
            if (offset > 0)
            {
                for (length = 0; next < _chunks.Length && (next == first || length + _chunks[next].StoredLength <= LargestRead); next++)
                    length += _chunks[next].StoredLength;
                if (first == _chunks.Length)
                    length = (int)Math.Min(LargestRead, end - offset);
            }

            var buffer = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                var read = await store.ReadAsync(PackFormat.NameOf(pack.Id), offset, buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
                if (read != length)
                    return new PackScanResult(read < 0 ? "is missing" : $"ends after {offset + read} of {pack.Length} bytes", _bad.ToImmutable());
                _checksum.Append(buffer.AsSpan(0, length));
                onRead(length);
                Decode(first, next, buffer, receive);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            offset += length;
        }

        var problem = _checksum.GetCurrentHashAsUInt128() == pack.Checksum ? null : "does not match its checksum: stored bytes were changed";
        return new PackScanResult(problem, _bad.ToImmutable());
    }

    private void Decode(int first, int end, byte[] stored, Action<int, ReadOnlyMemory<byte>> receive)
    {
        var offset = 0;
        for (var i = first; i < end; i++)
        {
            var chunk = _chunks[i];
            var plain = ArrayPool<byte>.Shared.Rent(chunk.PlainLength);
            try
            {
                var content = plain.AsMemory(0, chunk.PlainLength);
                codec.Decode(chunk.Encoding, stored.AsSpan(offset, chunk.StoredLength), content.Span);
                if (ChunkCodec.Checksum(content.Span) != chunk.Checksum)
                    _bad.Add(new BadChunk(i, "does not match its checksum"));
                else if (reader.Ids is not null && ChunkId.Of(content.Span) != reader.Ids[i])
                    _bad.Add(new BadChunk(i, "does not have its id"));
                else
                    receive(i, content);
            }
            catch (ChunkCodecException exception)
            {
                _bad.Add(new BadChunk(i, $"does not decode: {exception.Message}"));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(plain);
            }

            offset += chunk.StoredLength;
        }
    }
}

/// <summary>What reading a whole pack told.</summary>
/// <param name="Problem">What is wrong with it as a whole, as the end of a sentence that begins with its name; null when its bytes are those that were written.</param>
/// <param name="BadChunks">The chunks that are not what was stored.</param>
internal sealed record PackScanResult(string? Problem, ImmutableArray<BadChunk> BadChunks)
{
    public bool IsGood => Problem is null && BadChunks.IsEmpty;
}

/// <summary>A chunk that is not what was stored.</summary>
/// <param name="Number">Its number in the pack.</param>
/// <param name="Problem">What is wrong with it, as the end of a sentence.</param>
internal sealed record BadChunk(int Number, string Problem);
