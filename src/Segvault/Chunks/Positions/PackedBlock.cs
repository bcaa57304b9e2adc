using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Segvault.Chunks.Positions;

/// <summary>
/// 128 numbers of one bit width, packed as the crate bitpacking's BitPacker4x does it, which Tantivy uses: four lanes of 32-bit words side by side, and
/// number <c>i</c> is in lane <c>i % 4</c>. Four numbers, one of each lane, are a row here: a vector holds them.
/// </summary>
internal static class PackedBlock
{
    public const int Numbers = 128;

    public const int Rows = Numbers / 4;

    /// <summary>Tantivy packs up to 32 bits. Positions so far into a document are too rare to be worth a fourth byte.</summary>
    public const int LargestWidth = 24;

    private const int WordBits = 32;

    public static int LengthOf(int width) => width * (Numbers / 8);

    /// <summary>Unpacks a block of a width from 1 on.</summary>
    public static void Unpack(ReadOnlySpan<byte> packed, int width, Span<Vector128<uint>> rows)
    {
        var words = MemoryMarshal.Cast<byte, Vector128<uint>>(packed[..LengthOf(width)]);
        var mask = Vector128.Create((1u << width) - 1);
        var word = words[0];
        var next = 1;
        var used = 0;
        for (var i = 0; i < Rows; i++)
        {
            var row = word >>> used;
            used += width;
            if (used >= WordBits && next < words.Length)
            {
                used -= WordBits;
                word = words[next++];
                if (used > 0)
                    row |= word << (width - used);
            }

            rows[i] = row & mask;
        }
    }

    /// <summary>Packs a block of a width from 1 on.</summary>
    public static void Pack(ReadOnlySpan<Vector128<uint>> rows, int width, Span<byte> packed)
    {
        var words = MemoryMarshal.Cast<byte, Vector128<uint>>(packed[..LengthOf(width)]);
        var word = Vector128<uint>.Zero;
        var next = 0;
        var used = 0;
        for (var i = 0; i < Rows; i++)
        {
            var row = rows[i];
            word |= row << used;
            used += width;
            if (used >= WordBits)
            {
                used -= WordBits;
                words[next++] = word;
                word = used > 0 ? row >>> (width - used) : Vector128<uint>.Zero;
            }
        }
    }
}
