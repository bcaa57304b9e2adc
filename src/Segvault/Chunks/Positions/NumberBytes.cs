using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Segvault.Chunks.Positions;

/// <summary>
/// One byte for each number of a block, and more, apart from these, for the large ones: entropy coding makes much of the first, which are small numbers
/// mostly, and little of the others.
/// <code>
/// below 192     the number
/// below 16,320  192 + (number - 192) / 256, and apart the lower byte of number - 192
/// else          255, and apart the number in 3 bytes, little-endian
/// </code>
/// </summary>
internal static class NumberBytes
{
    /// <summary>Room that a block's lower bytes need. Each number is written and read with 4 of them, whatever it has.</summary>
    public const int LowRoom = (PackedBlock.Numbers * LargestLow) + sizeof(uint);

    private const int LargestLow = 3;

    /// <summary>Most numbers have no lower bytes: those of so many rows are looked at together.</summary>
    private const int RowsAtOnce = 4;

    private const uint One = 192;
    private const uint Three = One + ((255 - One) << 8);

    /// <summary>By first byte: what the number is without its lower bytes, times 256, and how many of those follow.</summary>
    private static readonly uint[] Meanings = [.. Enumerable.Range(0, 256).Select(first => Meaning((uint)first))];

    /// <summary>The most lower bytes that a block of a width has.</summary>
    public static int LargestLowOf(int width) => PackedBlock.Numbers * (1u << width <= One ? 0 : 1u << width <= Three ? 1 : LargestLow);

    /// <summary>Writes a block's numbers as <see cref="PackedBlock.Numbers"/> first bytes, and lower bytes, of which it returns the number.</summary>
    public static int Write(ReadOnlySpan<Vector128<uint>> rows, Span<byte> first, Span<byte> low)
    {
        EnsureRoom(low);
        var written = 0;
        for (var i = 0; i < PackedBlock.Rows; i += RowsAtOnce)
        {
            var some = Vector128.Narrow(
                Vector128.Narrow(FirstOf(rows[i]), FirstOf(rows[i + 1])), Vector128.Narrow(FirstOf(rows[i + 2]), FirstOf(rows[i + 3])));
            some.CopyTo(first[(4 * i)..]);
            if (Vector128.GreaterThanOrEqualAny(some, Vector128.Create((byte)One)))
                written += WriteLow(MemoryMarshal.Cast<Vector128<uint>, uint>(rows.Slice(i, RowsAtOnce)), low[written..]);
        }

        return written;
    }

    /// <summary>Reads a block's numbers; returns how many lower bytes that took. There is room for the most that it can take.</summary>
    public static int Read(ReadOnlySpan<byte> first, ReadOnlySpan<byte> low, Span<Vector128<uint>> rows)
    {
        EnsureRoom(low);
        var read = 0;
        for (var i = 0; i < PackedBlock.Rows; i += RowsAtOnce)
        {
            var some = Vector128.Create(first[(4 * i)..]);
            if (Vector128.LessThanAll(some, Vector128.Create((byte)One)))
            {
                var (lower, upper) = Vector128.Widen(some);
                (rows[i], rows[i + 1]) = Vector128.Widen(lower);
                (rows[i + 2], rows[i + 3]) = Vector128.Widen(upper);
            }
            else
            {
                read += ReadLow(first.Slice(4 * i, 4 * RowsAtOnce), low[read..], MemoryMarshal.Cast<Vector128<uint>, uint>(rows.Slice(i, RowsAtOnce)));
            }
        }

        return read;
    }

    /// <summary>Without branches: they would often be guessed wrong.</summary>
    private static int ReadLow(ReadOnlySpan<byte> first, ReadOnlySpan<byte> low, Span<uint> numbers)
    {
        ref var start = ref MemoryMarshal.GetReference(low);
        var meanings = Meanings;
        var read = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            var meaning = meanings[first[i]];
            var lower = (int)(meaning & 3);
            numbers[i] = (meaning >> 8) + (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, read)) & (uint)((1 << (8 * lower)) - 1));
            read += lower;
        }

        return read;
    }

    private static int WriteLow(ReadOnlySpan<uint> numbers, Span<byte> low)
    {
        ref var start = ref MemoryMarshal.GetReference(low);
        var written = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            var number = numbers[i];
            var three = number >= Three ? 1u : 0;
            var one = number >= One ? 1u : 0;
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, written), number - One + (three * One));
            written += (int)(one + (2 * three));
        }

        return written;
    }

    private static Vector128<uint> FirstOf(Vector128<uint> numbers)
    {
        var one = Vector128.Create(One);
        var large = Vector128.Min(one + ((numbers - one) >>> 8), Vector128.Create(255u));
        return Vector128.ConditionalSelect(Vector128.LessThan(numbers, one), numbers, large);
    }

    private static uint Meaning(uint first) => first < One ? first << 8 : first < 255 ? ((One + ((first - One) << 8)) << 8) | 1 : LargestLow;

    private static void EnsureRoom(ReadOnlySpan<byte> low)
    {
        if (low.Length < LowRoom)
            throw new ArgumentException("There is no room for the lower bytes of a block.", nameof(low));
    }
}
