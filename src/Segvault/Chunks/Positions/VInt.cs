namespace Segvault.Chunks.Positions;

/// <summary>Tantivy's VInts: seven bits a byte, the lowest first; the last byte has its highest bit set.</summary>
internal static class VInt
{
    /// <summary>No number here has more: a chunk is shorter than 2²⁸ bytes.</summary>
    public const int LargestLength = 4;

    /// <summary>The highest bit of a number's last byte.</summary>
    public const int Last = 0x80;

    /// <summary>Reads a number and moves behind it. False when it does not end, is too large, or is longer than it need be; what was read is passed over.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int read, out int value)
    {
        value = 0;
        for (int start = read, shift = 0; read < bytes.Length && read - start < LargestLength; shift += 7)
        {
            int next = bytes[read++];
            value |= (next & ~Last) << shift;
            if (next >= Last)
                return next > Last || shift == 0;
        }

        return false;
    }

    /// <summary>Writes a number; returns its length.</summary>
    public static int Write(int value, Span<byte> bytes)
    {
        var length = 0;
        for (; value >= Last; value >>= 7)
            bytes[length++] = (byte)(value & ~Last);
        bytes[length++] = (byte)(value | Last);
        return length;
    }

    public static int LengthOf(int value) => value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : 4;
}
