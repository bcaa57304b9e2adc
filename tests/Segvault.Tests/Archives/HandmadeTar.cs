using System.Text;

namespace Segvault.Tests.Archives;

/// <summary>Tar blocks, byte by byte, right but for what a test wants wrong.</summary>
internal sealed class HandmadeTar
{
    private readonly List<byte> _bytes = [];

    public static byte[] End => new byte[1024];

    public byte[] Whole => [.. _bytes, .. End];

    public byte[] Bytes => [.. _bytes];

    public HandmadeTar Add(string name, char type, ReadOnlySpan<byte> content = default, Action<byte[]>? change = null, bool sealAfter = true)
    {
        byte[] header = new byte[512];
        Encoding.UTF8.GetBytes(name).CopyTo(header, 0);
        "0000644\0"u8.CopyTo(header.AsSpan(100));
        "0000000\0"u8.CopyTo(header.AsSpan(108));
        "0000000\0"u8.CopyTo(header.AsSpan(116));
        Encoding.ASCII.GetBytes(Convert.ToString(content.Length, 8).PadLeft(11, '0')).CopyTo(header, 124);
        "00000000000\0"u8.CopyTo(header.AsSpan(136));
        header[156] = (byte)type;
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        if (sealAfter)
            change?.Invoke(header);
        "        "u8.CopyTo(header.AsSpan(148));
        int sum = header.Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        if (!sealAfter)
            change?.Invoke(header);
        _bytes.AddRange(header);
        _bytes.AddRange(content);
        _bytes.AddRange(new byte[-content.Length & 511]);
        return this;
    }

    /// <summary>A pax header with these records, each with its right length.</summary>
    public HandmadeTar Pax(char type, params (string Key, string Value)[] records) =>
        Add("pax", type, Encoding.UTF8.GetBytes(string.Concat(records.Select(record => Record(record.Key, record.Value)))));

    public static string Record(string key, string value)
    {
        int rest = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        int length = rest + 1;
        while (length != rest + length.ToString().Length)
            length = rest + length.ToString().Length;
        return $"{length} {key}={value}\n";
    }
}
