using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Segvault.Tests.Archives;

/// <summary>Gzip members with every kind of header, made by hand.</summary>
internal static class ForeignGzip
{
    public static byte[] Member(byte[] plain, string? name = null, string? comment = null, byte[]? extra = null, bool headerChecksum = false)
    {
        byte flags = (byte)((headerChecksum ? 2 : 0) | (extra is null ? 0 : 4) | (name is null ? 0 : 8) | (comment is null ? 0 : 16));
        List<byte> member = [0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3];
        if (extra is not null)
            member.AddRange([(byte)extra.Length, (byte)(extra.Length >> 8), .. extra]);
        foreach (string? text in (string?[])[name, comment])
        {
            if (text is not null)
                member.AddRange([.. System.Text.Encoding.Latin1.GetBytes(text), 0]);
        }

        if (headerChecksum)
            member.AddRange(BitConverter.GetBytes((ushort)Crc32.HashToUInt32([.. member])));
        byte[] trailer = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, Crc32.HashToUInt32(plain));
        BinaryPrimitives.WriteInt32LittleEndian(trailer.AsSpan(4), plain.Length);
        return [.. member, .. Deflate(plain), .. trailer];
    }

    public static byte[] Deflate(byte[] plain)
    {
        // .NET writes nothing at all for no bytes.
        if (plain.Length == 0)
            return [3, 0];
        MemoryStream data = new();
        using (DeflateStream deflater = new(data, CompressionLevel.Optimal, leaveOpen: true))
            deflater.Write(plain);
        return data.ToArray();
    }
}
