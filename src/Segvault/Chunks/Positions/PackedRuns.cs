using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Segvault.Chunks.Positions;

/// <summary>
/// Finds the bit-packed blocks in a chunk of position lists. Tantivy writes each list as VInt(n), n bit widths, n blocks of 128 deltas, and the rest
/// of the deltas as VInts; nothing else tells where a list begins, so it is guessed. A wrong guess costs a little space, never content.
/// </summary>
internal sealed class PackedRuns
{
    /// <summary>A list of one block is too easily seen where there is none.</summary>
    private const int FewestBlocks = 2;

    private readonly List<byte> _control = [];
    private readonly List<byte> _widths = [];

    private PackedRuns()
    {
    }

    /// <summary>For each run two VInts: bytes in front of it that are as they are; twice the number of blocks, and 1 more if it begins with a list's header.</summary>
    public ReadOnlySpan<byte> Control => CollectionsMarshal.AsSpan(_control);

    /// <summary>The bit width of each block.</summary>
    public ReadOnlySpan<byte> Widths => CollectionsMarshal.AsSpan(_widths);

    /// <summary>How many bytes of the chunk the runs are.</summary>
    public int Length { get; private set; }

    public static PackedRuns Find(ReadOnlySpan<byte> chunk)
    {
        var found = new PackedRuns();
        var plain = 0;
        for (var read = 0; (read = FindEndOfNumber(chunk, read)) >= 0;)
        {
            var start = FindStartOfNumber(chunk, read++, plain);
            var end = start;
            if (!VInt.TryRead(chunk, ref end, out var blocks) || end != read || !IsHeader(chunk[read..], blocks))
                continue;
            var widths = chunk.Slice(read, blocks);
            read += blocks;
            end = read;
            var whole = 0;
            while (whole < blocks && PackedBlock.LengthOf(widths[whole]) <= chunk.Length - end)
                end += PackedBlock.LengthOf(widths[whole++]);

            // Of a list that goes on in the next chunk the header is left as it is: it has more widths than there are blocks.
            var header = whole == blocks;
            if (!header)
                start = read;
            found.Add(start - plain, widths[..whole], header, end - start);
            plain = end;
            read = header ? end : chunk.Length;
        }

        return found;
    }

    /// <summary>
    /// Where a number ends, at or behind a place, that may be the first of a header: the next byte is a width. In bytes without order every second branch
    /// would be guessed wrong, so 16 are looked at together: this takes a third of the time.
    /// </summary>
    private static int FindEndOfNumber(ReadOnlySpan<byte> chunk, int at)
    {
        for (; at + Vector128<byte>.Count < chunk.Length; at += Vector128<byte>.Count)
        {
            var widths = Vector128.LessThan(Vector128.Create(chunk[(at + 1)..]) - Vector128<byte>.One, Vector128.Create((byte)PackedBlock.LargestWidth));
            var ends = (Vector128.Create(chunk[at..]) & widths).ExtractMostSignificantBits();
            if (ends != 0)
                return at + BitOperations.TrailingZeroCount(ends);
        }

        for (; at + 1 < chunk.Length; at++)
        {
            if (chunk[at] >= VInt.Last && chunk[at + 1] is > 0 and <= PackedBlock.LargestWidth)
                return at;
        }

        return -1;
    }

    private static int FindStartOfNumber(ReadOnlySpan<byte> chunk, int last, int smallest)
    {
        smallest = Math.Max(smallest, last - VInt.LargestLength + 1);
        while (last > smallest && chunk[last - 1] < VInt.Last)
            last--;
        return last;
    }

    private static bool IsHeader(ReadOnlySpan<byte> behind, int blocks)
    {
        if (blocks < FewestBlocks || blocks > behind.Length)
            return false;
        var widths = behind[..blocks];
        return !widths.ContainsAnyExceptInRange((byte)0, (byte)PackedBlock.LargestWidth)
            && (blocks > FewestBlocks || IsPlausible(behind[blocks..], widths[0]));
    }

    /// <summary>A block has the width of its largest number: the highest bit is set in one, but, deltas being what they are, not in most.</summary>
    private static bool IsPlausible(ReadOnlySpan<byte> block, int width)
    {
        if (block.Length < PackedBlock.LengthOf(width))
            return true;
        var high = 0;
        for (var bit = width - 1; bit < width * PackedBlock.Rows; bit += width)
        {
            var row = block[(16 * (bit / 32))..];
            for (var lane = 0; lane < 4; lane++)
                high += (int)(BinaryPrimitives.ReadUInt32LittleEndian(row[(4 * lane)..]) >> (bit % 32)) & 1;
        }

        return high > 0 && (width < 3 || high < 53);
    }

    private void Add(int plain, ReadOnlySpan<byte> widths, bool header, int length)
    {
        if (widths.IsEmpty)
            return;
        Span<byte> control = stackalloc byte[2 * VInt.LargestLength];
        var written = VInt.Write(plain, control);
        written += VInt.Write((2 * widths.Length) + (header ? 1 : 0), control[written..]);
        _control.AddRange(control[..written]);
        _widths.AddRange(widths);
        Length += length;
    }
}
