using System.Security.Cryptography;
using System.Text;

namespace Segvault.Backup;

/// <summary>The checksum of a whole index: SHA-256 of what <c>sha256sum</c> prints for its files in path order.</summary>
internal static class ContentChecksum
{
    public static string Compute(IEnumerable<BackupFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
            hash.AppendData(Encoding.UTF8.GetBytes(Line(file.Sha256, file.Path)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // sha256sum marks a line whose name it had to escape with a backslash at its beginning.
    private static string Line(string sha256, string path)
    {
        var escaped = path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);
        return $"{(escaped == path ? "" : "\\")}{sha256}  {escaped}\n";
    }
}
