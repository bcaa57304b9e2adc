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

    /// <summary>Where the last run ends.</summary>
    private int _end;

    private PackedRuns()
    {
    }

    /// <summary>For each run two VInts: bytes in front of it that are as they are; twice the number of blocks, and 1 more if it begins with a list's header.</summary>
    public ReadOnlySpan<byte> Control => CollectionsMarshal.AsSpan(_control);

    /// <summary>The bit width of each block.</summary>
    public ReadOnlySpan<byte> Widths => CollectionsMarshal.AsSpan(_widths);

    /// <summary>How many bytes of the chunk the runs are.</summary>
    public int Length { get; private set; }

    /// <summary>The list that the chunk ends in, as far as it goes on behind it.</summary>
    public OpenList Open { get; private set; }

    /// <summary>Finds the runs of a chunk.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="open">The list that the chunk before ended in, if that is known.</param>
    public static PackedRuns Find(ReadOnlySpan<byte> chunk, OpenList open = default)
    {
        var found = new PackedRuns();
        var read = 0;
        if (open.Widths is { } remaining)
        {
            // The block that was cut stays as it is.
            var rest = PackedBlock.LengthOf(remaining[0]) - open.Begun;
            if (rest > chunk.Length)
            {
                found.Open = open with { Begun = open.Begun + chunk.Length };
                return found;
            }

            read = found.Add(chunk, start: rest, rest, remaining.AsSpan(1));
        }

        for (var smallest = read; found.Open.Widths is null && (read = FindEndOfNumber(chunk, read)) >= 0;)
        {
            var start = FindStartOfNumber(chunk, read++, smallest);
            var end = start;
            if (VInt.TryRead(chunk, ref end, out var blocks) && end == read && IsHeader(chunk[read..], blocks))
                read = smallest = found.Add(chunk, start, read + blocks, chunk.Slice(read, blocks));
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

    /// <summary>Adds the blocks that are whole; returns where they end.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="start">Where the list's header begins, if there is one.</param>
    /// <param name="first">Where the blocks begin.</param>
    /// <param name="widths">Their widths.</param>
    private int Add(ReadOnlySpan<byte> chunk, int start, int first, ReadOnlySpan<byte> widths)
    {
        var end = first;
        var blocks = 0;
        while (blocks < widths.Length && PackedBlock.LengthOf(widths[blocks]) <= chunk.Length - end)
            end += PackedBlock.LengthOf(widths[blocks++]);
        if (blocks < widths.Length)
        {
            // The header stays as it is: it has more widths than there are blocks.
            Open = new OpenList(widths[blocks..].ToArray(), chunk.Length - end);
            start = first;
        }

        if (blocks > 0)
        {
            Span<byte> control = stackalloc byte[2 * VInt.LargestLength];
            var written = VInt.Write(start - _end, control);
            written += VInt.Write((2 * blocks) + (start < first ? 1 : 0), control[written..]);
            _control.AddRange(control[..written]);
            _widths.AddRange(widths[..blocks]);
            Length += end - start;
            _end = end;
        }

        return end;
    }
}

/// <summary>A list that goes on behind the end of a chunk.</summary>
/// <param name="Widths">The widths of the blocks that are not in the chunk, or not whole; null where there is no such list.</param>
/// <param name="Begun">How many bytes of the first of them are.</param>
internal readonly record struct OpenList(byte[]? Widths, int Begun);
