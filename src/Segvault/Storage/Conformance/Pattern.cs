using System.Buffers.Binary;

namespace Segvault.Storage.Conformance;

/// <summary>Bytes of which each tells its place and whose they are, so that any part of an object can be checked by itself.</summary>
internal static class Pattern
{
    public static byte[] Of(int seed, int length)
    {
        var bytes = new byte[length];
        Fill(bytes, seed, 0);
        return bytes;
    }

    public static void Fill(Span<byte> bytes, int seed, long offset)
    {
        Span<byte> word = stackalloc byte[8];
        for (var done = 0; done < bytes.Length;)
        {
            var (index, skipped) = Math.DivRem(offset + done, 8);
            BinaryPrimitives.WriteUInt64LittleEndian(word, Word(seed, index));
            var part = word[(int)skipped..];
            part = part[..Math.Min(part.Length, bytes.Length - done)];
            part.CopyTo(bytes[done..]);
            done += part.Length;
        }
    }

    public static bool Matches(ReadOnlySpan<byte> bytes, int seed, long offset)
    {
        var expected = new byte[bytes.Length];
        Fill(expected, seed, offset);
        return bytes.SequenceEqual(expected);
    }

    // SplitMix64, https://prng.di.unimi.it/splitmix64.c
    private static ulong Word(int seed, long index)
    {
        var word = ((ulong)(uint)seed << 40) + ((ulong)index * 0x9e3779b97f4a7c15);
        word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
        word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
        return word ^ (word >> 31);
    }
}
