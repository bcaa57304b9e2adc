using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Segvault;

/// <summary>Identifies a backup: 128 random bits, written as 32 lowercase hexadecimal digits and never reused.</summary>
public readonly record struct BackupId : IParsable<BackupId>
{
    private readonly UInt128 _value;

    internal BackupId(UInt128 value) => _value = value;

    internal UInt128 Value => _value;

    internal static BackupId NewRandom()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new BackupId(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>Reads an id from its 32 hexadecimal digits.</summary>
    /// <exception cref="FormatException">The text is not an id.</exception>
    public static BackupId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"'{s}' is not a backup id: it has 32 hexadecimal digits.");

    /// <inheritdoc cref="Parse(string, IFormatProvider?)"/>
    public static BackupId Parse(string s) => Parse(s, null);

    /// <summary>Reads an id from its 32 hexadecimal digits; false when the text is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out BackupId result)
    {
        var ok = s is { Length: 32 }
            & UInt128.TryParse(s, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var value);
        result = ok ? new BackupId(value) : default;
        return ok;
    }

    /// <summary>The first eight digits: enough to recognise a backup, and accepted wherever a backup is named while they are unique.</summary>
    public string ToShortString() => ToString()[..8];

    /// <summary>The 32 hexadecimal digits.</summary>
    public override string ToString() => _value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
