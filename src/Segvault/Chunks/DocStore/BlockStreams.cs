using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Segvault.Chunks.DocStore;

/// <summary>
/// A chunk of LZ4 blocks with its bytes sorted by what they mean: an LZ4 block mixes letters with numbers, and entropy coding, which LZ4 has none of, makes
/// much of each kind and little of the mixture. Nothing is decompressed, so it is fast, and whoever compressed the blocks, they come back as they were.
/// </summary>
internal static class BlockStreams
{
    /// <summary>
    /// Lengths of contents, tokens, further bytes of lengths, lower bytes of offsets, upper bytes of offsets, literals. These are last: they are written
    /// with some bytes too many, which nothing may be there to suffer from.
    /// </summary>
    public const int Count = 6;

    /// <summary>The only one in which whole words repeat.</summary>
    public const int Literals = 5;

    /// <summary>Literals of most sequences are copied by this many at once, which is faster than by as many as there are.</summary>
    private const int LiteralsAtOnce = 16;

    /// <summary>What most sequences take up at most, copied like that: a token, literals, an offset.</summary>
    private const int UsualSequence = 1 + LiteralsAtOnce + sizeof(ushort);

    /// <summary>Finds how long each stream will be; false when the chunk is anything but whole blocks.</summary>
    public static bool TryMeasure(ReadOnlySpan<byte> chunk, Span<int> lengths)
    {
        var blocks = 0;
        var sequences = 0;
        var further = 0;
        for (var rest = chunk; !rest.IsEmpty; blocks++)
        {
            var scanner = default(Lz4BlockScanner);
            if (scanner.Scan(rest, out var read) != BlockScan.Complete)
                return false;
            rest = rest[read..];
            sequences += scanner.Sequences;
            further += scanner.FurtherLengthBytes;
        }

        // The last sequence of a block has no match.
        var offsets = sequences - blocks;
        var prefixes = blocks * Lz4BlockScanner.PrefixLength;
        ReadOnlySpan<int> found = [prefixes, sequences, further, offsets, offsets, chunk.Length - prefixes - sequences - further - (2 * offsets)];
        found.CopyTo(lengths);
        return true;
    }

    /// <summary>Sorts the bytes of a chunk that was measured. The streams are as long as the chunk together.</summary>
    public static void Split(ReadOnlySpan<byte> chunk, ReadOnlySpan<int> lengths, Span<byte> streams)
    {
        var place = new Places(lengths);
        var read = 0;
        while (read < chunk.Length)
        {
            chunk.Slice(read, Lz4BlockScanner.PrefixLength).CopyTo(streams[place.Prefix..]);
            var left = BinaryPrimitives.ReadInt32LittleEndian(chunk[read..]);
            read += Lz4BlockScanner.PrefixLength;
            place.Prefix += Lz4BlockScanner.PrefixLength;
            while (true)
            {
                SplitUsual(chunk, ref read, streams, ref place, ref left);
                int token = chunk[read++];
                streams[place.Token++] = (byte)token;
                var literals = token >> 4;
                if (literals == 15)
                    TryMoveLength(chunk, ref read, chunk.Length, streams, ref place.Length, ref literals);
                chunk.Slice(read, literals).CopyTo(streams[place.Literal..]);
                read += literals;
                place.Literal += literals;
                left -= literals;
                if (left == 0)
                    break;
                streams[place.Low++] = chunk[read++];
                streams[place.High++] = chunk[read++];
                var match = token & 15;
                if (match == 15)
                    TryMoveLength(chunk, ref read, chunk.Length, streams, ref place.Length, ref match);
                left -= match + Lz4Decoder.MinMatch;
            }
        }
    }

    /// <summary>Makes the chunk again; false when that gives anything but exactly a chunk, whatever is read.</summary>
    public static bool TryJoin(ReadOnlySpan<byte> streams, ReadOnlySpan<int> lengths, Span<byte> chunk)
    {
        var place = new Places(lengths);
        var end = place;
        end.MoveToEnds(lengths);
        var written = 0;
        while (place.Prefix < end.Prefix)
        {
            if (end.Prefix - place.Prefix < Lz4BlockScanner.PrefixLength || chunk.Length - written < Lz4BlockScanner.PrefixLength)
                return false;
            var prefix = streams.Slice(place.Prefix, Lz4BlockScanner.PrefixLength);
            prefix.CopyTo(chunk[written..]);
            place.Prefix += Lz4BlockScanner.PrefixLength;
            written += Lz4BlockScanner.PrefixLength;
            if (!TryJoinBlock(streams, ref place, end, BinaryPrimitives.ReadInt32LittleEndian(prefix), chunk, ref written))
                return false;
        }

        return written == chunk.Length && place.Equals(end);
    }

    private static bool TryJoinBlock(ReadOnlySpan<byte> streams, ref Places place, in Places end, long left, Span<byte> chunk, ref int written)
    {
        while (true)
        {
            JoinUsual(streams, ref place, end, ref left, chunk, ref written);
            if (place.Token == end.Token || written == chunk.Length)
                return false;
            int token = streams[place.Token++];
            chunk[written++] = (byte)token;
            var literals = token >> 4;
            if (literals == 15 && !TryMoveLength(streams, ref place.Length, end.Length, chunk, ref written, ref literals))
                return false;
            if (literals > end.Literal - place.Literal || literals > chunk.Length - written || literals > left)
                return false;
            streams.Slice(place.Literal, literals).CopyTo(chunk[written..]);
            place.Literal += literals;
            written += literals;
            left -= literals;
            if (left == 0)
                return true;
            if (place.Low == end.Low || place.High == end.High || chunk.Length - written < sizeof(ushort))
                return false;
            chunk[written++] = streams[place.Low++];
            chunk[written++] = streams[place.High++];
            var match = token & 15;
            if (match == 15 && !TryMoveLength(streams, ref place.Length, end.Length, chunk, ref written, ref match))
                return false;
            left -= match + Lz4Decoder.MinMatch;
        }
    }

    /// <summary>Takes the sequences that are most of a block: short ones, far from the end of anything. Stops in front of any other.</summary>
    private static void SplitUsual(ReadOnlySpan<byte> chunk, ref int read, Span<byte> streams, ref Places place, ref int left)
    {
        ref var source = ref MemoryMarshal.GetReference(chunk);
        ref var target = ref MemoryMarshal.GetReference(streams);
        var (next, token, low, high, literal, rest) = (read, place.Token, place.Low, place.High, place.Literal, left);
        while (next <= chunk.Length - UsualSequence && literal <= streams.Length - LiteralsAtOnce)
        {
            int value = Unsafe.Add(ref source, next);
            var literals = value >> 4;
            var end = rest - literals - (value & 15) - Lz4Decoder.MinMatch;
            if (literals == 15 || (value & 15) == 15 || end <= 0)
                break;
            Unsafe.Add(ref target, token++) = (byte)value;
            Lz4Decoder.Copy<UInt128>(ref Unsafe.Add(ref source, next + 1), ref Unsafe.Add(ref target, literal));
            literal += literals;
            next += 1 + literals;
            Unsafe.Add(ref target, low++) = Unsafe.Add(ref source, next);
            Unsafe.Add(ref target, high++) = Unsafe.Add(ref source, next + 1);
            next += sizeof(ushort);
            rest = end;
        }

        (read, place.Token, place.Low, place.High, place.Literal, left) = (next, token, low, high, literal, rest);
    }

    /// <summary>Puts back what <see cref="SplitUsual"/> took.</summary>
    private static void JoinUsual(ReadOnlySpan<byte> streams, ref Places place, in Places ends, ref long left, Span<byte> chunk, ref int written)
    {
        ref var source = ref MemoryMarshal.GetReference(streams);
        ref var target = ref MemoryMarshal.GetReference(chunk);
        var (next, token, low, high, literal, rest) = (written, place.Token, place.Low, place.High, place.Literal, left);
        while (next <= chunk.Length - UsualSequence && literal <= ends.Literal - LiteralsAtOnce && token < ends.Token && low < ends.Low && high < ends.High)
        {
            int value = Unsafe.Add(ref source, token);
            var literals = value >> 4;
            var end = rest - literals - (value & 15) - Lz4Decoder.MinMatch;
            if (literals == 15 || (value & 15) == 15 || end <= 0)
                break;
            token++;
            Unsafe.Add(ref target, next) = (byte)value;
            Lz4Decoder.Copy<UInt128>(ref Unsafe.Add(ref source, literal), ref Unsafe.Add(ref target, next + 1));
            literal += literals;
            next += 1 + literals;
            Unsafe.Add(ref target, next) = Unsafe.Add(ref source, low++);
            Unsafe.Add(ref target, next + 1) = Unsafe.Add(ref source, high++);
            next += sizeof(ushort);
            rest = end;
        }

        (written, place.Token, place.Low, place.High, place.Literal, left) = (next, token, low, high, literal, rest);
    }

    /// <summary>Moves the bytes by which a length goes on, and adds them to it. Of a chunk that was measured they are all there.</summary>
    private static bool TryMoveLength(ReadOnlySpan<byte> source, ref int read, int end, Span<byte> target, ref int written, ref int length)
    {
        byte next;
        do
        {
            if (read == end || written == target.Length)
                return false;
            next = source[read++];
            target[written++] = next;
            length += next;
        }
        while (next == byte.MaxValue);
        return true;
    }

    /// <summary>Where each stream goes on.</summary>
    private record struct Places
    {
        public int Prefix;
        public int Token;
        public int Length;
        public int Low;
        public int High;
        public int Literal;

        public Places(ReadOnlySpan<int> lengths)
        {
            Token = lengths[0];
            Length = Token + lengths[1];
            Low = Length + lengths[2];
            High = Low + lengths[3];
            Literal = High + lengths[4];
        }

        public void MoveToEnds(ReadOnlySpan<int> lengths) =>
            (Prefix, Token, Length, Low, High, Literal) = (Token, Length, Low, High, Literal, Literal + lengths[5]);
    }
}
