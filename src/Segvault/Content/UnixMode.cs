using System.Globalization;

namespace Segvault.Content;

/// <summary>Permission bits as manifests write them: in octal with a leading zero, such as <c>0644</c>.</summary>
internal static class UnixMode
{
    private const int Bits = 0xFFF;

    public static string ToText(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8);

    /// <exception cref="FormatException">The text is no octal number of permission bits.</exception>
    public static UnixFileMode Parse(string text)
    {
        if (text.Length is 0 or > 8 || !text.All(c => c is >= '0' and <= '7') || Convert.ToInt32(text, 8) is var bits && (bits & ~Bits) != 0)
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"'{text}' are no permissions: an octal number such as 0644 is."));
        return (UnixFileMode)bits;
    }
}
