using System.Security.Cryptography;
using System.Text;

namespace Segvault.Restore;

/// <summary>Names for what lies beside a target and is called after it.</summary>
internal static class SiblingName
{
    private const int LongestName = 255;

    /// <summary>The name, or as much of it as leaves room for the given number of bytes, and then a hash to tell it from others.</summary>
    public static string Shorten(string name, int room)
    {
        var most = LongestName - room;
        if (Encoding.UTF8.GetByteCount(name) <= most)
            return name;
        var hash = $"~{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 8))}";
        var shortened = new StringBuilder();
        var left = most - hash.Length;
        foreach (var rune in name.EnumerateRunes())
        {
            left -= rune.Utf8SequenceLength;
            if (left < 0)
                break;
            shortened.Append(rune);
        }

        return shortened.Append(hash).ToString();
    }
}
