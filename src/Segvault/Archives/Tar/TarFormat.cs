namespace Segvault.Archives.Tar;

/// <summary>Where things are in a tar header (POSIX.1-2017, pax, "ustar Interchange Format").</summary>
internal static class TarFormat
{
    public const int BlockLength = 512;

    /// <summary>The largest size that eleven octal digits hold: 8 GiB less one.</summary>
    public const long LargestOctal11 = (1L << 33) - 1;

    public const uint LargestOctal7 = (1 << 21) - 1;

    public static readonly Range Name = 0..100;
    public static readonly Range Mode = 100..108;
    public static readonly Range UserId = 108..116;
    public static readonly Range GroupId = 116..124;
    public static readonly Range Size = 124..136;
    public static readonly Range ModifiedAt = 136..148;
    public static readonly Range Checksum = 148..156;
    public const int TypeOffset = 156;
    public static readonly Range Magic = 257..265;
    public static readonly Range User = 265..297;
    public static readonly Range Group = 297..329;
    public static readonly Range DeviceMajor = 329..337;
    public static readonly Range DeviceMinor = 337..345;
    public static readonly Range Prefix = 345..500;

    /// <summary>In a GNU header of a sparse file: whether more of its map follows in a block of its own.</summary>
    public const int SparseContinuesOffset = 482;

    /// <summary>The same in such a block.</summary>
    public const int SparseMapContinuesOffset = 504;

    public static ReadOnlySpan<byte> PosixMagic => "ustar\000"u8;

    public static ReadOnlySpan<byte> GnuMagic => "ustar  \0"u8;

    /// <summary>Bytes of padding after content of a length.</summary>
    public static int Padding(long length) => (int)(-length & (BlockLength - 1));

    /// <summary>The sum of all bytes, those of the checksum itself taken as spaces.</summary>
    public static int Sum(ReadOnlySpan<byte> header)
    {
        var sum = 0;
        foreach (var value in header)
            sum += value;
        foreach (var value in header[Checksum])
            sum += ' ' - value;
        return sum;
    }

    /// <summary>The same with bytes above 127 taken as negative, as some old programs did.</summary>
    public static int SignedSum(ReadOnlySpan<byte> header)
    {
        var sum = 0;
        foreach (var value in header)
            sum += (sbyte)value;
        foreach (var value in header[Checksum])
            sum += ' ' - (sbyte)value;
        return sum;
    }
}
