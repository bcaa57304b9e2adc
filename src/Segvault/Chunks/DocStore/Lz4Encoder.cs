using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Segvault.Chunks.DocStore;

/// <summary>
/// Compresses LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md) into exactly the bytes that lz4_flex 0.9 to 0.11 makes, which is
/// what Tantivy uses. A format like LZ4's leaves a compressor free to choose its matches; the choices here (hash function and table size, which positions
/// are remembered, how the search speeds up) are those of that compressor, and tests compare with what it wrote.
/// </summary>
internal static class Lz4Encoder
{
    /// <summary>How many bytes of memory <see cref="Compress"/> works with.</summary>
    public const int WorkLength = TableLength * sizeof(int);

    private const int TableLength = 4096;

    /// <summary>A match may not begin in the last 12 bytes, nor reach into the last 6.</summary>
    private const int MatchLimit = 12;

    private const int EndOffset = 6;
    private const int MaxDistance = 65535;

    /// <summary>Which positions a table remembers under which number. Blocks of less than 64 KiB have another kind than larger ones.</summary>
    private interface ITable
    {
        static abstract int EntryLength { get; }

        static abstract int Hash(ref byte bytes);

        static abstract int Exchange(ref byte table, int hash, int position);
    }

    /// <summary>Room that a compressed block needs at most: all literals, and what counts them.</summary>
    public static int LargestLength(int plainLength) => 16 + 4 + (int)(plainLength * 1.1);

    /// <summary>Compresses a block; returns its length.</summary>
    /// <param name="plain">The content.</param>
    /// <param name="destination">Receives the block; at least <see cref="LargestLength"/> bytes.</param>
    /// <param name="work">At least <see cref="WorkLength"/> bytes to work with, of any content.</param>
    public static int Compress(ReadOnlySpan<byte> plain, Span<byte> destination, Span<byte> work)
    {
        if (destination.Length < LargestLength(plain.Length))
            throw new ArgumentException("A compressed block may not fit.", nameof(destination));
        var sequences = new Lz4Sequences(plain, destination);
        if (plain.Length > MatchLimit)
        {
            if (plain.Length < ushort.MaxValue)
                Search<SmallTable>(plain, ref sequences, work);
            else
                Search<LargeTable>(plain, ref sequences, work);
        }

        return sequences.Finish();
    }

    private static void Search<TTable>(ReadOnlySpan<byte> plain, ref Lz4Sequences sequences, Span<byte> work)
        where TTable : struct, ITable
    {
        work = work[..(TableLength * TTable.EntryLength)];
        work.Clear();
        ref var start = ref MemoryMarshal.GetReference(plain);
        ref var table = ref MemoryMarshal.GetReference(work);
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
                    return;
                candidate = TTable.Exchange(ref table, TTable.Hash(ref Unsafe.Add(ref start, position)), position);
                if (Read32(ref start, candidate) == Read32(ref start, position) && position - candidate <= MaxDistance)
                    break;
            }

            while (candidate > 0 && position > literalStart && Unsafe.Add(ref start, position - 1) == Unsafe.Add(ref start, candidate - 1))
            {
                position--;
                candidate--;
            }

            var matchStart = position;
            position += Lz4Decoder.MinMatch;
            position += CountSame(ref start, position, candidate + Lz4Decoder.MinMatch, plain.Length - EndOffset);
            TTable.Exchange(ref table, TTable.Hash(ref Unsafe.Add(ref start, position - 2)), position - 2);
            sequences.Add(literalStart, matchStart, matchStart - candidate, position);
            literalStart = position;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read32(ref byte start, int position) => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, position));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    /// <summary>Four bytes are hashed; positions take two.</summary>
    private readonly struct SmallTable : ITable
    {
        public static int EntryLength => sizeof(ushort);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Hash(ref byte bytes) => (int)((Unsafe.ReadUnaligned<uint>(ref bytes) * 2654435761U) >> 20);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Exchange(ref byte table, int hash, int position)
        {
            ref var entry = ref Unsafe.Add(ref Unsafe.As<byte, ushort>(ref table), hash);
            var before = entry;
            entry = (ushort)position;
            return before;
        }
    }

    /// <summary>Five bytes are hashed; positions take four.</summary>
    private readonly struct LargeTable : ITable
    {
        public static int EntryLength => sizeof(int);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Hash(ref byte bytes) => (int)(((Unsafe.ReadUnaligned<ulong>(ref bytes) << 24) * 889523592379UL) >> 52);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Exchange(ref byte table, int hash, int position)
        {
            ref var entry = ref Unsafe.Add(ref Unsafe.As<byte, int>(ref table), hash);
            var before = entry;
            entry = position;
            return before;
        }
    }
}
