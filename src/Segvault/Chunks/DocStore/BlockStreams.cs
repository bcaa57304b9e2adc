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
    /// <summary>Lengths of contents, tokens, further bytes of lengths, lower bytes of offsets, upper bytes of offsets, literals.</summary>
    public const int Count = 6;

    /// <summary>The only one in which whole words repeat.</summary>
    public const int Literals = 5;

    /// <summary>Literals are copied by this many at once, which is faster than by as many as there are.</summary>
    private const int LiteralsAtOnce = 16;

    /// <summary>What a sequence with few literals takes up at most, copied like that: a token, literals, an offset, a byte of the match's length.</summary>
    private const int ShortSequence = 1 + LiteralsAtOnce + sizeof(ushort) + 1;

    /// <summary>Room behind each stream: literals are written with some bytes too many.</summary>
    private const int Slack = 2 * LiteralsAtOnce;

    /// <summary>The room for the streams of a chunk while nothing is known of them.</summary>
    public static int GetRoom(int chunkLength)
    {
        var room = 0;
        for (var stream = 0; stream < Count; stream++)
            room += GetRoom(stream, chunkLength);
        return room;
    }

    /// <summary>
    /// The room for one stream: where one begins is where that of the one before ends. A token that an offset follows takes up three bytes with it, and the
    /// last one of a block five with the block's prefix.
    /// </summary>
    public static int GetRoom(int stream, int chunkLength) => Slack + (stream is 1 or 3 or 4 ? (chunkLength / 3) + 1 : chunkLength);

    /// <summary>Sorts the bytes of a chunk into streams, and says how long each is; false when the chunk is anything but whole blocks.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="streams">Room for the streams.</param>
    /// <param name="lengths">Receives their lengths.</param>
    public static bool TrySplit(ReadOnlySpan<byte> chunk, Span<byte> streams, Span<int> lengths)
    {
        if (streams.Length < GetRoom(chunk.Length))
            throw new ArgumentException("There is no room for the streams of a chunk.", nameof(streams));
        Span<int> starts = stackalloc int[Count];
        for (var stream = 1; stream < Count; stream++)
            starts[stream] = starts[stream - 1] + GetRoom(stream - 1, chunk.Length);
        var place = Places.At(starts);
        for (var read = 0; read < chunk.Length;)
        {
            if (chunk.Length - read < Lz4BlockScanner.PrefixLength)
                return false;
            var prefix = chunk.Slice(read, Lz4BlockScanner.PrefixLength);
            prefix.CopyTo(streams[place.Prefix..]);
            place.Prefix += Lz4BlockScanner.PrefixLength;
            read += Lz4BlockScanner.PrefixLength;
            if (!TrySplitBlock(chunk, ref read, BinaryPrimitives.ReadInt32LittleEndian(prefix), streams, ref place))
                return false;
        }

        place.TellLengths(starts, lengths);
        return true;
    }

    /// <summary>Makes the chunk again; false when that gives anything but exactly a chunk, whatever is read.</summary>
    /// <param name="streams">The streams, one behind the other.</param>
    /// <param name="lengths">Their lengths, which are the chunk's together.</param>
    /// <param name="chunk">The chunk.</param>
    public static bool TryJoin(ReadOnlySpan<byte> streams, ReadOnlySpan<int> lengths, Span<byte> chunk)
    {
        Span<int> starts = stackalloc int[Count];
        Span<int> ends = stackalloc int[Count];
        for (int stream = 0, next = 0; stream < Count; stream++)
        {
            starts[stream] = next;
            ends[stream] = next += lengths[stream];
        }

        var place = Places.At(starts);
        var end = Places.At(ends);
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

    private static bool TrySplitBlock(ReadOnlySpan<byte> chunk, ref int read, long left, Span<byte> streams, ref Places place)
    {
        while (true)
        {
            SplitUsual(chunk, ref read, streams, ref place, ref left);
            if (read == chunk.Length)
                return false;
            int token = chunk[read++];
            streams[place.Token++] = (byte)token;
            var literals = token >> 4;
            if (literals == 15 && !TryMoveLength(chunk, ref read, chunk.Length, streams, ref place.Length, ref literals))
                return false;
            if (literals > chunk.Length - read || literals > left)
                return false;
            chunk.Slice(read, literals).CopyTo(streams[place.Literal..]);
            read += literals;
            place.Literal += literals;
            left -= literals;
            if (left == 0)
                return true;
            if (chunk.Length - read < sizeof(ushort))
                return false;
            streams[place.Low++] = chunk[read++];
            streams[place.High++] = chunk[read++];
            var match = token & 15;
            if (match == 15 && !TryMoveLength(chunk, ref read, chunk.Length, streams, ref place.Length, ref match))
                return false;
            left -= match + Lz4Decoder.MinMatch;
        }
    }

    /// <summary>What <see cref="TrySplitBlock"/> does, the other way.</summary>
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

    /// <summary>Takes the sequences that are most of a block: far from the end of anything, and no length in more than a byte. Stops in front of any other.</summary>
    private static void SplitUsual(ReadOnlySpan<byte> chunk, ref int read, Span<byte> streams, ref Places places, ref long left)
    {
        ref var source = ref MemoryMarshal.GetReference(chunk);
        ref var target = ref MemoryMarshal.GetReference(streams);

        // Each sequence has a byte in each of three streams, so that one number counts them all: there are few registers.
        ref var tokens = ref Unsafe.Add(ref target, places.Token);
        ref var lows = ref Unsafe.Add(ref target, places.Low);
        ref var highs = ref Unsafe.Add(ref target, places.High);
        nint last = chunk.Length - ShortSequence, sequence = 0, next = read, further = places.Length, literal = places.Literal, rest = (nint)left;
        while (next <= last)
        {
            nint token = Unsafe.Add(ref source, next);
            nint literals = token >> 4, match = token & 15, behind = next + 1 + literals, lengths = further;
            if (literals < 15)
            {
                Lz4Decoder.Copy<UInt128>(ref Unsafe.Add(ref source, next + 1), ref Unsafe.Add(ref target, literal));
            }
            else
            {
                var more = Unsafe.Add(ref source, next + 1);
                literals += more;
                behind += 1 + more;
                if (more == byte.MaxValue || behind > last)
                    break;
                Unsafe.Add(ref target, lengths++) = more;
                CopyLiterals(ref Unsafe.Add(ref source, next + 2), ref Unsafe.Add(ref target, literal), literals);
            }

            // Which matches are long is beyond guessing, so there is no branch: the next byte is taken for more of the length, and counts if it is.
            var end = behind + sizeof(ushort);
            nint isLong = match == 15 ? 1 : 0, longer = Unsafe.Add(ref source, end) & -isLong;
            Unsafe.Add(ref target, lengths) = (byte)longer;
            lengths += isLong;
            end += isLong;
            var after = rest - literals - match - longer - Lz4Decoder.MinMatch;
            if (after <= 0 || longer == byte.MaxValue)
                break;
            Unsafe.Add(ref tokens, sequence) = (byte)token;
            Unsafe.Add(ref lows, sequence) = Unsafe.Add(ref source, behind);
            Unsafe.Add(ref highs, sequence) = Unsafe.Add(ref source, behind + 1);
            sequence++;
            further = lengths;
            literal += literals;
            next = end;
            rest = after;
        }

        places.Advance(sequence, further, literal);
        (read, left) = ((int)next, rest);
    }

    /// <summary>Puts back what <see cref="SplitUsual"/> took.</summary>
    private static void JoinUsual(ReadOnlySpan<byte> streams, ref Places places, in Places ends, ref long left, Span<byte> chunk, ref int written)
    {
        ref var source = ref MemoryMarshal.GetReference(streams);
        ref var target = ref MemoryMarshal.GetReference(chunk);
        ref var tokens = ref Unsafe.Add(ref source, places.Token);
        ref var lows = ref Unsafe.Add(ref source, places.Low);
        ref var highs = ref Unsafe.Add(ref source, places.High);
        nint most = Math.Min(ends.Token - places.Token, Math.Min(ends.Low - places.Low, ends.High - places.High));
        nint last = chunk.Length - ShortSequence, lastLiteral = ends.Literal - LiteralsAtOnce;
        nint sequence = 0, next = written, further = places.Length, literal = places.Literal, rest = (nint)left;
        while (next <= last && sequence < most && literal <= lastLiteral)
        {
            nint token = Unsafe.Add(ref tokens, sequence);
            nint literals = token >> 4, match = token & 15, behind = next + 1 + literals, lengths = further;
            if (literals < 15)
            {
                Lz4Decoder.Copy<UInt128>(ref Unsafe.Add(ref source, literal), ref Unsafe.Add(ref target, next + 1));
            }
            else
            {
                var more = Unsafe.Add(ref source, lengths++);
                literals += more;
                behind += 1 + more;
                if (more == byte.MaxValue || behind > last || literal > lastLiteral - literals)
                    break;
                Unsafe.Add(ref target, next + 1) = more;
                CopyLiterals(ref Unsafe.Add(ref source, literal), ref Unsafe.Add(ref target, next + 2), literals);
            }

            var end = behind + sizeof(ushort);
            nint isLong = match == 15 ? 1 : 0, longer = Unsafe.Add(ref source, lengths) & -isLong;
            Unsafe.Add(ref target, end) = (byte)longer;
            lengths += isLong;
            end += isLong;
            var after = rest - literals - match - longer - Lz4Decoder.MinMatch;

            // Behind the further bytes of lengths there are at least literals, so that reading too many did no harm.
            if (after <= 0 || longer == byte.MaxValue || lengths > ends.Length)
                break;
            Unsafe.Add(ref target, next) = (byte)token;
            Unsafe.Add(ref target, behind) = Unsafe.Add(ref lows, sequence);
            Unsafe.Add(ref target, behind + 1) = Unsafe.Add(ref highs, sequence);
            sequence++;
            further = lengths;
            literal += literals;
            next = end;
            rest = after;
        }

        places.Advance(sequence, further, literal);
        (written, left) = ((int)next, rest);
    }

    /// <summary>Copies more literals than are copied at once; up to <see cref="LiteralsAtOnce"/> behind them are read, and written, as well.</summary>
    private static void CopyLiterals(ref byte source, ref byte target, nint length)
    {
        for (nint copied = 0; copied < length; copied += LiteralsAtOnce)
            Lz4Decoder.Copy<UInt128>(ref Unsafe.Add(ref source, copied), ref Unsafe.Add(ref target, copied));
    }

    /// <summary>Moves the bytes by which a length goes on, and adds them to it; false when they do not end, or there is no room for them.</summary>
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

        public static Places At(ReadOnlySpan<int> starts) =>
            new() { Prefix = starts[0], Token = starts[1], Length = starts[2], Low = starts[3], High = starts[4], Literal = starts[5] };

        public void Advance(nint sequences, nint length, nint literal)
        {
            Token += (int)sequences;
            Low += (int)sequences;
            High += (int)sequences;
            Length = (int)length;
            Literal = (int)literal;
        }

        public readonly void TellLengths(ReadOnlySpan<int> starts, Span<int> lengths)
        {
            ReadOnlySpan<int> ends = [Prefix, Token, Length, Low, High, Literal];
            for (var stream = 0; stream < Count; stream++)
                lengths[stream] = ends[stream] - starts[stream];
        }
    }
}
