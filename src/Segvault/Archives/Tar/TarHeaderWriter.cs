using System.Globalization;
using System.Text;

namespace Segvault.Archives.Tar;

/// <summary>Makes the headers of a member: one ustar block, behind a pax header where something does not fit into it.</summary>
internal static class TarHeaderWriter
{
    private const uint FileMode = 0b110_100_100;
    private const uint DirectoryMode = 0b111_101_101;
    private const string PaxDirectory = "PaxHeaders/";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">The member cannot be put into a tar.</exception>
    public static byte[] Make(TarMember member)
    {
        var name = Check(member);
        var seconds = member.ModifiedAt.ToUnixTimeSeconds();
        var header = new byte[TarFormat.BlockLength];
        var pax = new MemoryStream();
        PutText(header, TarFormat.Name, name, pax, "path");
        PutNumber(header, TarFormat.Mode, (uint?)member.Mode ?? (member.Kind is TarMemberKind.Directory ? DirectoryMode : FileMode));
        PutId(header, TarFormat.UserId, member.UserId ?? 0, pax, "uid");
        PutId(header, TarFormat.GroupId, member.GroupId ?? 0, pax, "gid");
        PutLong(header, TarFormat.Size, member.Length, pax, "size");
        PutLong(header, TarFormat.ModifiedAt, seconds, pax, "mtime");
        header[TarFormat.TypeOffset] = (byte)(member.Kind is TarMemberKind.Directory ? '5' : '0');
        PutText(header, TarFormat.User, member.User ?? "", pax, "uname", terminated: true);
        PutText(header, TarFormat.Group, member.Group ?? "", pax, "gname", terminated: true);
        Seal(header);
        return pax.Length == 0 ? header : [.. MakePax(name, pax.ToArray()), .. header];
    }

    private static string Check(TarMember member)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(member.Length, nameof(member));
        var name = member.Name;
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' cannot be the name of a member.", nameof(member));
        switch (member.Kind)
        {
            case TarMemberKind.File when !name.EndsWith('/'):
                return name;
            case TarMemberKind.Directory when member.Length == 0:
                return name.EndsWith('/') ? name : name + '/';
            default:
                throw new ArgumentException($"'{name}' cannot be written as a {member.Kind} of {member.Length} bytes.", nameof(member));
        }
    }

    private static byte[] MakePax(string name, byte[] records)
    {
        var blocks = new byte[TarFormat.BlockLength + records.Length + TarFormat.Padding(records.Length)];
        var header = blocks.AsSpan(0, TarFormat.BlockLength);
        Substitute(PaxDirectory + name.TrimEnd('/'), header[TarFormat.Name]);
        PutNumber(header, TarFormat.Mode, FileMode);
        PutNumber(header, TarFormat.UserId, 0);
        PutNumber(header, TarFormat.GroupId, 0);
        PutNumber(header, TarFormat.Size, records.Length);
        PutNumber(header, TarFormat.ModifiedAt, 0);
        header[TarFormat.TypeOffset] = (byte)'x';
        Seal(header);
        records.CopyTo(blocks, TarFormat.BlockLength);
        return blocks;
    }

    private static void PutText(Span<byte> header, Range field, string text, MemoryStream pax, string key, bool terminated = false)
    {
        var target = header[field];
        var room = terminated ? target[..^1] : target;
        var bytes = Utf8.GetBytes(text);
        if (bytes.Length > room.Length || !Ascii.IsValid(bytes))
            AddRecord(pax, key, bytes);
        Substitute(text, room);
    }

    /// <summary>As much as fits, in ASCII: what is seen by those who do not know pax.</summary>
    private static void Substitute(string text, Span<byte> target)
    {
        for (var i = 0; i < Math.Min(text.Length, target.Length); i++)
            target[i] = char.IsAscii(text[i]) ? (byte)text[i] : (byte)'_';
    }

    private static void PutId(Span<byte> header, Range field, uint value, MemoryStream pax, string key)
    {
        if (value > TarFormat.LargestOctal7)
            AddRecord(pax, key, value);
        PutNumber(header, field, value > TarFormat.LargestOctal7 ? 0 : value);
    }

    private static void PutLong(Span<byte> header, Range field, long value, MemoryStream pax, string key)
    {
        var fits = value is >= 0 and <= TarFormat.LargestOctal11;
        if (!fits)
            AddRecord(pax, key, value);
        PutNumber(header, field, fits ? value : 0);
    }

    /// <summary>Octal digits with leading zeros, and a NUL.</summary>
    private static void PutNumber(Span<byte> header, Range field, long value)
    {
        var digits = header[field][..^1];
        for (var i = digits.Length - 1; i >= 0; i--, value >>= 3)
            digits[i] = (byte)('0' + (value & 7));
    }

    private static void AddRecord(MemoryStream pax, string key, long value) =>
        AddRecord(pax, key, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>"LENGTH KEY=VALUE\n", where the length counts its own digits too.</summary>
    private static void AddRecord(MemoryStream pax, string key, ReadOnlySpan<byte> value)
    {
        var rest = key.Length + value.Length + " =\n".Length;
        var length = rest;
        int counted;
        do
        {
            counted = length;
            length = rest + counted.ToString(CultureInfo.InvariantCulture).Length;
        }
        while (length != counted);
        pax.Write(Encoding.ASCII.GetBytes($"{length.ToString(CultureInfo.InvariantCulture)} {key}="));
        pax.Write(value);
        pax.WriteByte((byte)'\n');
    }

    private static void Seal(Span<byte> header)
    {
        TarFormat.PosixMagic.CopyTo(header[TarFormat.Magic]);
        PutNumber(header, TarFormat.DeviceMajor, 0);
        PutNumber(header, TarFormat.DeviceMinor, 0);

        // Six digits, a NUL and a space: the one number that is written like this.
        PutNumber(header, TarFormat.Checksum.Start..(TarFormat.Checksum.End.Value - 1), TarFormat.Sum(header));
        header[TarFormat.Checksum.End.Value - 1] = (byte)' ';
    }
}
