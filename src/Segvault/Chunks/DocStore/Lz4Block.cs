using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Segvault.Chunks.DocStore;

/// <summary>
/// LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), compressed into exactly the bytes that lz4_flex 0.9 to 0.11 makes, which is what
/// Tantivy uses. A format like LZ4's leaves a compressor free to choose its matches; the choices here (hash function and table size, which positions are
/// remembered, how the search speeds up) are those of that compressor, and tests compare with what it wrote.
/// </summary>
internal static class Lz4Block
{
    /// <summary>Nothing shorter is worth a match.</summary>
    public const int MinMatch = 4;

    /// <summary>How many numbers <see cref="Compress"/> works with.</summary>
    public const int TableLength = 4096;

    /// <summary>A match may not begin in the last 12 bytes, nor reach into the last 6.</summary>
    private const int MatchLimit = 12;

    private const int EndOffset = 6;
    private const int MaxDistance = 65535;

    /// <summary>Where no compressed block is larger: all literals, and what counts them.</summary>
    public static int LargestLength(int plainLength) => 16 + 4 + (int)(plainLength * 1.1);

    /// <summary>Compresses a block; returns its length.</summary>
    /// <param name="plain">The content.</param>
    /// <param name="destination">Receives the block; at least <see cref="LargestLength"/> bytes.</param>
    /// <param name="table">At least <see cref="TableLength"/> numbers to work with, of any content.</param>
    public static int Compress(ReadOnlySpan<byte> plain, Span<byte> destination, Span<int> table)
    {
        var writer = new SequenceWriter(destination);
        if (plain.Length < MatchLimit + 1)
        {
            writer.WriteLast(plain);
            return writer.Length;
        }

        table = table[..TableLength];
        table.Clear();

        // Blocks of less than 64 KiB have a table of another kind, with a hash of four bytes instead of five.
        var isSmall = plain.Length < ushort.MaxValue;
        ref var start = ref MemoryMarshal.GetReference(plain);
        ref var slots = ref MemoryMarshal.GetReference(table);
        var lastMatchStart = plain.Length - MatchLimit;
        var literalStart = 0;
        var position = 1;
        while (true)
        {
            int candidate;
            var attempts = 1 << 5;
            var next = position;
            while (true)
            {
                position = next;
                next += attempts++ >> 5;
                if (position > lastMatchStart)
                {
                    writer.WriteLast(plain[literalStart..]);
                    return writer.Length;
                }

                ref var slot = ref Unsafe.Add(ref slots, Hash(ref start, position, isSmall));
                candidate = slot;
                slot = position;
                if (position - candidate <= MaxDistance && Read32(ref start, candidate) == Read32(ref start, position))
                    break;
            }

            while (candidate > 0 && position > literalStart && Unsafe.Add(ref start, position - 1) == Unsafe.Add(ref start, candidate - 1))
            {
                position--;
                candidate--;
            }

            var literals = plain[literalStart..position];
            var offset = position - candidate;
            position += MinMatch;
            var extra = CountSame(ref start, position, candidate + MinMatch, plain.Length - EndOffset);
            position += extra;
            Unsafe.Add(ref slots, Hash(ref start, position - 2, isSmall)) = position - 2;
            writer.Write(literals, offset, extra);
            literalStart = position;
        }
    }

    /// <summary>Decompresses a block that is followed by other bytes; returns how many bytes it takes up, or -1 when it is none of that content's length.</summary>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> plain)
    {
        var read = 0;
        var written = 0;
        while (read < source.Length)
        {
            int token = source[read++];
            if (!TryReadLength(source, ref read, token >> 4, out var literals) || literals > source.Length - read || literals > plain.Length - written)
                return -1;
            source.Slice(read, literals).CopyTo(plain[written..]);
            read += literals;
            written += literals;
            if (written == plain.Length)
                return (token & 15) == 0 ? read : -1;
            if (source.Length - read < 2)
                return -1;
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(source[read..]);
            read += 2;
            if (!TryReadLength(source, ref read, token & 15, out var match))
                return -1;
            match += MinMatch;
            if (offset == 0 || offset > written || match > plain.Length - written)
                return -1;
            CopyMatch(plain, written, offset, match);
            written += match;
        }

        return -1;
    }

    private static void CopyMatch(Span<byte> plain, int written, int offset, int length)
    {
        if (offset >= length)
        {
            plain.Slice(written - offset, length).CopyTo(plain[written..]);
            return;
        }

        for (var i = written; i < written + length; i++)
            plain[i] = plain[i - offset];
    }

    private static bool TryReadLength(ReadOnlySpan<byte> source, ref int read, int nibble, out int length)
    {
        length = nibble;
        if (nibble < 15)
            return true;
        int next;
        do
        {
            if (read == source.Length || length > int.MaxValue - 1024)
                return false;
            next = source[read++];
            length += next;
        }
        while (next == 255);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Hash(ref byte start, int position, bool isSmall) => isSmall
        ? (int)((Read32(ref start, position) * 2654435761U) >> 20)
        : (int)(((Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, position)) << 24) * 889523592379UL) >> 52);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read32(ref byte start, int position) => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, position));

    private static int CountSame(ref byte start, int position, int candidate, int end)
    {
        var first = position;
        while (position <= end - sizeof(ulong))
        {
            var difference = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, position)) ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, candidate));
            if (difference != 0)
                return position - first + (BitOperations.TrailingZeroCount(difference) >> 3);
            position += sizeof(ulong);
            candidate += sizeof(ulong);
        }

        while (position < end && Unsafe.Add(ref start, position) == Unsafe.Add(ref start, candidate))
        {
            position++;
            candidate++;
        }

        return position - first;
    }

    /// <summary>Writes sequences: literals, then a match.</summary>
    private ref struct SequenceWriter(Span<byte> destination)
    {
        private readonly Span<byte> _destination = destination;

        public int Length { get; private set; }

        /// <param name="literals">What comes before the match.</param>
        /// <param name="offset">How far back the match is.</param>
        /// <param name="extra">Its length beyond the least.</param>
        public void Write(ReadOnlySpan<byte> literals, int offset, int extra)
        {
            Begin(literals, extra);
            BinaryPrimitives.WriteUInt16LittleEndian(_destination[Length..], (ushort)offset);
            Length += 2;
            WriteRest(extra);
        }

        /// <summary>The last sequence has no match.</summary>
        public void WriteLast(ReadOnlySpan<byte> literals) => Begin(literals, 0);

        private void Begin(ReadOnlySpan<byte> literals, int extra)
        {
            _destination[Length++] = (byte)((Math.Min(literals.Length, 15) << 4) | Math.Min(extra, 15));
            WriteRest(literals.Length);
            literals.CopyTo(_destination[Length..]);
            Length += literals.Length;
        }

        private void WriteRest(int length)
        {
            if (length < 15)
                return;
            for (length -= 15; length >= 255; length -= 255)
                _destination[Length++] = 255;
            _destination[Length++] = (byte)length;
        }
    }
}
