using System.Buffers.Binary;

namespace Segvault.Testing.Fuzzing;

/// <summary>Changes bytes as accidents and attackers do.</summary>
internal static class ByteMutation
{
    private const string Meaningful = "0179azAZ./\\:-\"{}[],\0 ";
    private const int LongestCut = 700;

    /// <summary>One to three changes that begin within a part of the bytes.</summary>
    public static byte[] Change(byte[] bytes, Random random, int from, int length)
    {
        var changed = bytes.ToArray();
        for (var i = random.Next(1, 4); i > 0 && changed.Length > 0; i--)
            changed = ChangeOnce(changed, random, Math.Min(from + random.Next(Math.Max(1, length)), changed.Length - 1));
        return changed;
    }

    public static byte[] Change(byte[] bytes, Random random) => Change(bytes, random, 0, bytes.Length);

    private static byte[] ChangeOnce(byte[] changed, Random random, int at)
    {
        switch (random.Next(7))
        {
            case 0:
                changed[at] ^= (byte)(1 << random.Next(8));
                return changed;
            case 1:
                changed[at] = (byte)random.Next(256);
                return changed;
            case 2:
                changed[at] = (byte)Meaningful[random.Next(Meaningful.Length)];
                return changed;
            case 3:
                return changed[..at];
            case 4:
                return [.. changed[..at], .. changed[Math.Min(changed.Length, at + random.Next(1, LongestCut))..]];
            case 5:
                return [.. changed[..at], .. changed[Math.Max(0, at - random.Next(1, LongestCut))..]];
            default:
                var number = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(number, random.NextInt64() >> random.Next(64));
                number.AsSpan(0, Math.Min(8, changed.Length - at)).CopyTo(changed.AsSpan(at));
                return changed;
        }
    }
}
