using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Segvault.Chunks.DocStore;

/// <summary>Writes an LZ4 block: sequences of literals, each but the last with a match.</summary>
internal ref struct Lz4Sequences(ReadOnlySpan<byte> plain, Span<byte> destination)
{
    private readonly ReadOnlySpan<byte> _plain = plain;
    private readonly Span<byte> _destination = destination;
    private int _literalStart;
    private int _length;

    /// <param name="literalStart">Where what is not written yet begins.</param>
    /// <param name="matchStart">Where the match begins.</param>
    /// <param name="offset">How far back it is.</param>
    /// <param name="matchEnd">Where it ends; at least four bytes further on.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int literalStart, int matchStart, int offset, int matchEnd)
    {
        var literals = matchStart - literalStart;
        var extra = matchEnd - matchStart - Lz4Decoder.MinMatch;
        _literalStart = matchEnd;
        if (literals >= 15 || extra >= 15 || _plain.Length - literalStart < 16 || _destination.Length - _length < 32)
        {
            AddLong(_plain[literalStart..matchStart], offset, extra);
            return;
        }

        // 16 bytes are copied faster than few; what is too much is overwritten by the next sequence.
        ref var target = ref Unsafe.Add(ref MemoryMarshal.GetReference(_destination), _length);
        target = (byte)((literals << 4) | extra);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, 1), Unsafe.ReadUnaligned<UInt128>(ref Unsafe.Add(ref MemoryMarshal.GetReference(_plain), literalStart)));
        BinaryPrimitives.WriteUInt16LittleEndian(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref target, 1 + literals), sizeof(ushort)), (ushort)offset);
        _length += 1 + literals + sizeof(ushort);
    }

    /// <summary>Writes what is left as literals, and returns the length of the block.</summary>
    public int Finish()
    {
        WriteLiterals(_plain[_literalStart..], 0);
        return _length;
    }

    private void AddLong(ReadOnlySpan<byte> literals, int offset, int extra)
    {
        WriteLiterals(literals, extra);
        BinaryPrimitives.WriteUInt16LittleEndian(_destination[_length..], (ushort)offset);
        _length += sizeof(ushort);
        WriteRest(extra);
    }

    private void WriteLiterals(ReadOnlySpan<byte> literals, int extra)
    {
        _destination[_length++] = (byte)((Math.Min(literals.Length, 15) << 4) | Math.Min(extra, 15));
        WriteRest(literals.Length);
        literals.CopyTo(_destination[_length..]);
        _length += literals.Length;
    }

    private void WriteRest(int length)
    {
        if (length < 15)
            return;
        for (length -= 15; length >= 255; length -= 255)
            _destination[_length++] = 255;
        _destination[_length++] = (byte)length;
    }
}
