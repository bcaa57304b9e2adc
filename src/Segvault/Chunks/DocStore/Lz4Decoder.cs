using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Segvault.Chunks.DocStore;

/// <summary>Decompresses LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), whoever made them.</summary>
internal static class Lz4Decoder
{
    /// <summary>Nothing shorter is a match.</summary>
    public const int MinMatch = 4;

    /// <summary>What a sequence without further length bytes takes up at most, as it is copied: 16 bytes for up to 14 literals, 18 for a match.</summary>
    private const int ShortSource = 1 + 16 + sizeof(ushort);

    private const int ShortPlain = 16 + 18;

    /// <summary>Decompresses a block that is followed by other bytes; returns how many bytes it takes up, or -1 when it is none of that content's length.</summary>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> plain)
    {
        var read = 0;
        var written = 0;
        while (read < source.Length)
        {
            DecompressShort(source, ref read, plain, ref written);
            if (read == source.Length)
                return -1;
            int token = source[read++];
            if (!TryReadLength(source, ref read, token >> 4, out var literals) || literals > source.Length - read || literals > plain.Length - written)
                return -1;
            source.Slice(read, literals).CopyTo(plain[written..]);
            read += literals;
            written += literals;
            if (written == plain.Length)
                return (token & 15) == 0 ? read : -1;
            if (source.Length - read < sizeof(ushort))
                return -1;
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(source[read..]);
            read += sizeof(ushort);
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

    /// <summary>Copies as many bytes as a number has: there must be as many on both sides.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy<T>(ref byte source, ref byte target)
        where T : unmanaged => Unsafe.WriteUnaligned(ref target, Unsafe.ReadUnaligned<T>(ref source));

    /// <summary>Takes the sequences that are most of a block: short ones, far from either end. Stops in front of any other.</summary>
    private static void DecompressShort(ReadOnlySpan<byte> source, ref int read, Span<byte> plain, ref int written)
    {
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(plain);
        var next = read;
        var end = written;
        while (next <= source.Length - ShortSource && end <= plain.Length - ShortPlain)
        {
            int token = Unsafe.Add(ref from, next);
            var literals = token >> 4;
            var match = (token & 15) + MinMatch;
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref from, next + 1 + literals), sizeof(ushort)));

            // A match that begins less than 8 bytes back repeats what it writes itself.
            if (literals == 15 || match == 15 + MinMatch || offset < 8 || offset > end + literals)
                break;
            Copy<UInt128>(ref Unsafe.Add(ref from, next + 1), ref Unsafe.Add(ref to, end));
            end += literals;
            next += 1 + literals + sizeof(ushort);
            ref var target = ref Unsafe.Add(ref to, end);
            ref var matched = ref Unsafe.Subtract(ref target, offset);
            Copy<ulong>(ref matched, ref target);
            Copy<ulong>(ref Unsafe.Add(ref matched, 8), ref Unsafe.Add(ref target, 8));
            Copy<ushort>(ref Unsafe.Add(ref matched, 16), ref Unsafe.Add(ref target, 16));
            end += match;
        }

        read = next;
        written = end;
    }

    private static void CopyMatch(Span<byte> plain, int written, int offset, int length)
    {
        var target = plain.Slice(written, length);
        if (offset == 1)
        {
            target.Fill(plain[written - 1]);
            return;
        }

        // What is repeated doubles with each copy.
        var source = plain[(written - offset)..];
        for (var known = offset; !target.IsEmpty; known *= 2)
        {
            var part = Math.Min(known, target.Length);
            source[..part].CopyTo(target);
            target = target[part..];
        }
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
}
