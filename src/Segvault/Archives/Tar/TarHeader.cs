using System.Buffers.Binary;
using System.Text;
using Segvault.Archives.Compression;

namespace Segvault.Archives.Tar;

/// <summary>One header block, as it stands: before pax headers and GNU's long names change what it says.</summary>
internal readonly ref struct TarHeader
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _block;

    /// <exception cref="ArchiveFormatException">The block is no header.</exception>
    public TarHeader(ReadOnlySpan<byte> block)
    {
        _block = block;
        var sum = Number(TarFormat.Checksum, "checksum");
        if (sum != TarFormat.Sum(block) && sum != TarFormat.SignedSum(block))
            throw new ArchiveFormatException("has a tar header that does not match its checksum");
    }

    public char Type => (char)_block[TarFormat.TypeOffset];

    public long Size => Number(TarFormat.Size, "size") is >= 0 and var size ? size : throw Broken("size");

    public long ModifiedAt => Number(TarFormat.ModifiedAt, "time");

    public UnixFileMode? Mode => IsBlank(TarFormat.Mode) ? null : (UnixFileMode)(Number(TarFormat.Mode, "mode") & 0b111_111_111_111);

    public long? UserId => IsBlank(TarFormat.UserId) ? null : Number(TarFormat.UserId, "user id");

    public long? GroupId => IsBlank(TarFormat.GroupId) ? null : Number(TarFormat.GroupId, "group id");

    /// <summary>Absent from the oldest headers, and from those of Windows.</summary>
    public string? User => Owner(TarFormat.User);

    public string? Group => Owner(TarFormat.Group);

    public bool SparseMapContinues => IsGnu && _block[TarFormat.SparseContinuesOffset] != 0;

    private bool IsGnu => _block[TarFormat.Magic].SequenceEqual(TarFormat.GnuMagic);

    private bool IsPosix => _block[TarFormat.Magic].StartsWith(TarFormat.PosixMagic[..6]);

    /// <summary>Not a property, because a long name before it may make it irrelevant, and then it need not be right.</summary>
    public string ReadName()
    {
        var name = Text(Until0(_block[TarFormat.Name]), "name");
        var prefix = IsPosix ? Text(Until0(_block[TarFormat.Prefix]), "name") : "";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    public static string Text(ReadOnlySpan<byte> bytes, string what)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ArchiveFormatException($"has a tar header with a {what} that is not UTF-8", exception);
        }
    }

    public static ReadOnlySpan<byte> Until0(ReadOnlySpan<byte> field) => field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;

    private string? Owner(Range field)
    {
        var bytes = Until0(_block[field]);
        return bytes.IsEmpty || !(IsPosix || IsGnu) || !System.Text.Unicode.Utf8.IsValid(bytes) ? null : Encoding.UTF8.GetString(bytes);
    }

    private bool IsBlank(Range field) => !_block[field].ContainsAnyExcept((byte)0, (byte)' ');

    private long Number(Range range, string what)
    {
        var field = _block[range];
        return field[0] is 0x80 or 0xff ? Binary(field, what) : Octal(field, what);
    }

    /// <summary>Digits, possibly behind spaces, up to a space or a NUL or the end of the field.</summary>
    private static long Octal(ReadOnlySpan<byte> field, string what)
    {
        var digits = field.TrimStart((byte)' ');
        if (digits.IndexOfAny((byte)' ', (byte)0) is >= 0 and var end)
        {
            if (digits[end..].ContainsAnyExcept((byte)' ', (byte)0))
                throw Broken(what);
            digits = digits[..end];
        }

        long value = 0;
        foreach (var digit in digits)
            value = digit is >= (byte)'0' and <= (byte)'7' ? (value << 3) + (digit - '0') : throw Broken(what);
        return value;
    }

    /// <summary>GNU's way of writing large and negative numbers: two's complement behind a byte that is no digit.</summary>
    private static long Binary(ReadOnlySpan<byte> field, string what)
    {
        var sign = field[0] == 0xff ? (byte)0xff : (byte)0;
        var low = BinaryPrimitives.ReadInt64BigEndian(field.Length > 8 ? field[^8..] : [sign, .. field[1..]]);
        var fits = field.Length <= 8 || (!field[1..^8].ContainsAnyExcept(sign) && low < 0 == (sign == 0xff));
        return fits ? low : throw Broken(what);
    }

    private static ArchiveFormatException Broken(string what) => new($"has a tar header with a {what} that is no number");
}
