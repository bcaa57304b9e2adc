using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Segvault.Locking;

/// <summary>File names for locks that may be named anything.</summary>
internal static class LockFileName
{
    private const int LongestPlain = 100;
    private const int LongestReadable = 60;

    // No capitals: on some file systems "A" and "a" are one file.
    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>The name itself where that is a good file name; else its readable end and, after a <c>~</c>, which no plain name has, a hash.</summary>
    public static string For(string name)
    {
        bool plain = name.Length <= LongestPlain && name[0] != '.' && name.AsSpan().IndexOfAnyExcept(Plain) < 0;
        if (plain)
            return name + ".lock";

        string end = name.Length > LongestReadable ? name[^LongestReadable..] : name;
        var readable = new StringBuilder(LongestReadable);
        foreach (char c in end.ToLowerInvariant())
            readable.Append(Plain.Contains(c) ? c : '_');
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 8));
        return $"{readable.ToString().TrimStart('.', '_')}~{hash}.lock";
    }
}
