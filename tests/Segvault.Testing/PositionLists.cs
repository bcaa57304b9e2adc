using System.Buffers.Binary;
using System.Numerics;

namespace Segvault.Testing;

/// <summary>Makes position lists as Tantivy does: the number of full blocks, their bit widths, the blocks of 128 deltas, and the rest of the deltas.</summary>
internal static class PositionLists
{
    public const int BlockLength = 128;
    private const int Lanes = 4;

    /// <summary>Lists whose deltas have up to so many bits, most of them fewer.</summary>
    public static byte[] MakeLists(Random random, int count, int mostBits = 14, int mostDeltas = 3000) =>
        [.. Enumerable.Range(0, count).SelectMany(_ => MakeList(MakeDeltas(random, random.Next(mostDeltas), mostBits)))];

    public static uint[] MakeDeltas(Random random, int count, int mostBits)
    {
        var bits = random.Next(1, mostBits + 1);
        return [.. Enumerable.Range(0, count).Select(_ => (uint)(random.NextInt64(1L << bits) >> random.Next(bits + 1)))];
    }

    public static byte[] MakeList(ReadOnlySpan<uint> deltas)
    {
        var list = new List<byte>();
        var blocks = deltas.Length / BlockLength;
        AddVInt(list, (uint)blocks);
        var packed = new List<byte>();
        for (; deltas.Length >= BlockLength; deltas = deltas[BlockLength..])
        {
            var width = 0;
            foreach (var delta in deltas[..BlockLength])
                width = Math.Max(width, 32 - BitOperations.LeadingZeroCount(delta));
            list.Add((byte)width);
            packed.AddRange(Pack(deltas[..BlockLength], width));
        }

        list.AddRange(packed);
        foreach (var delta in deltas)
            AddVInt(list, delta);
        return [.. list];
    }

    /// <summary>Bit by bit: number i is in lane i % 4 of words of 32 bits.</summary>
    public static byte[] Pack(ReadOnlySpan<uint> numbers, int width)
    {
        var words = new uint[Lanes * width];
        for (var i = 0; i < BlockLength; i++)
        {
            for (var bit = 0; bit < width; bit++)
            {
                var at = (i / Lanes * width) + bit;
                words[(at / 32 * Lanes) + (i % Lanes)] |= ((numbers[i] >> bit) & 1) << (at % 32);
            }
        }

        var packed = new byte[words.Length * sizeof(uint)];
        for (var i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(packed.AsSpan(i * sizeof(uint)), words[i]);
        return packed;
    }

    private static void AddVInt(List<byte> bytes, uint number)
    {
        for (; number >= 0x80; number >>= 7)
            bytes.Add((byte)(number & 0x7F));
        bytes.Add((byte)(number | 0x80));
    }
}
