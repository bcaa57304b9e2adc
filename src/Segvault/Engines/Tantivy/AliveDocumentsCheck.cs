using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Segvault.Engines.Tantivy;

/// <summary>
/// Checks the body of a <c>.del</c> file against the commit: the number of documents as 32 bits little-endian, then a bit for each in
/// words of 64, set where the document is alive. Source: <c>common/src/bitset.rs</c>.
/// </summary>
internal sealed class AliveDocumentsCheck(uint documents, uint alive)
{
    private readonly byte[] _head = new byte[4];
    private long _position;
    private long _bits;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_position < _head.Length)
        {
            int head = (int)Math.Min(bytes.Length, _head.Length - _position);
            bytes[..head].CopyTo(_head.AsSpan((int)_position));
            _position += head;
            bytes = bytes[head..];
        }

        _position += bytes.Length;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
            _bits += BitOperations.PopCount(word);
        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
            _bits += BitOperations.PopCount(rest);
    }

    public string? Complete()
    {
        long expected = _head.Length + (((long)documents + 63) / 64 * sizeof(ulong));
        uint recorded = BinaryPrimitives.ReadUInt32LittleEndian(_head);
        if (_position < _head.Length || recorded != documents)
            return $"is for {recorded} documents, meta.json says {documents}";
        if (_position != expected)
            return $"holds {_position} bytes, {expected} are needed for {documents} documents";
        return _bits == alive ? null : $"marks {_bits} documents as alive, meta.json says {alive}";
    }
}
