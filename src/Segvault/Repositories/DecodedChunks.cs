using System.Buffers;
using Segvault.Chunks;

namespace Segvault.Repositories;

/// <summary>Consecutive chunks of a pack, decoded into one rented buffer and compared with what the pack's table says of each.</summary>
internal sealed class DecodedChunks : IDisposable
{
    private readonly PackReader _pack;
    private readonly List<BadChunk> _bad = [];
    private readonly byte[] _content;
    private readonly int _length;
    private readonly int _first;
    private readonly int _end;

    private DecodedChunks(PackReader pack, int first, int end)
    {
        (_pack, _first, _end) = (pack, first, end);
        for (var i = first; i < end; i++)
            _length += pack.Chunks[i].PlainLength;
        _content = ArrayPool<byte>.Shared.Rent(_length);
    }

    /// <summary>The pack that they are of.</summary>
    public PackReader Pack => _pack;

    /// <summary>The content of all of them; of bad chunks it is anything.</summary>
    public ReadOnlyMemory<byte> Content => _content.AsMemory(0, _length);

    /// <summary>Chunks that are not what was stored.</summary>
    public IReadOnlyList<BadChunk> Bad => _bad;

    /// <param name="pack">The pack.</param>
    /// <param name="first">The first chunk.</param>
    /// <param name="end">The one behind the last.</param>
    /// <param name="stored">Their bytes in the pack.</param>
    /// <param name="codec">Decodes them.</param>
    /// <param name="checkIds">Whether they are compared with their ids, where they have some.</param>
    public static DecodedChunks Decode(PackReader pack, int first, int end, ReadOnlySpan<byte> stored, ChunkCodec codec, bool checkIds)
    {
        var chunks = new DecodedChunks(pack, first, end);
        var rest = chunks._content.AsSpan();
        for (var i = first; i < end; i++)
        {
            var chunk = pack.Chunks[i];
            var content = rest[..chunk.PlainLength];
            if (chunks.Check(i, stored[..chunk.StoredLength], content, codec, checkIds) is { } problem)
                chunks._bad.Add(new BadChunk(i, problem));
            stored = stored[chunk.StoredLength..];
            rest = rest[chunk.PlainLength..];
        }

        return chunks;
    }

    /// <summary>The good chunks: their numbers and their content.</summary>
    public IEnumerable<(int Number, ReadOnlyMemory<byte> Content)> Good()
    {
        var start = 0;
        for (var i = _first; i < _end; i++)
        {
            var length = _pack.Chunks[i].PlainLength;
            if (!_bad.Exists(bad => bad.Number == i))
                yield return (i, _content.AsMemory(start, length));
            start += length;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_content);

    private string? Check(int number, ReadOnlySpan<byte> stored, Span<byte> content, ChunkCodec codec, bool checkId)
    {
        try
        {
            codec.Decode(_pack.Chunks[number].Encoding, stored, content);
        }
        catch (ChunkCodecException exception)
        {
            return $"does not decode: {exception.Message}";
        }

        if (ChunkCodec.Checksum(content) != _pack.Chunks[number].Checksum)
            return "does not match its checksum";
        return checkId && _pack.Ids is { } ids && ChunkId.Of(content) != ids[number] ? "does not have its id" : null;
    }
}

/// <summary>A chunk that is not what was stored.</summary>
/// <param name="Number">Its number in the pack.</param>
/// <param name="Problem">What is wrong with it, as the end of a sentence.</param>
internal sealed record BadChunk(int Number, string Problem);
