using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Segvault.Repositories;

/// <summary>The name of a repository object: 128 random bits, never reused.</summary>
internal readonly record struct ObjectId(UInt128 Value)
{
    public static ObjectId NewRandom()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new ObjectId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    public static bool TryParse(ReadOnlySpan<char> text, out ObjectId id)
    {
        var ok = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && text.Length == 32;
        id = new ObjectId(value);
        return ok;
    }

    public static ObjectId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not an object id.");

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
