using System.Security.Cryptography;

namespace Segvault.Testing;

/// <summary>What an index directory holds, to be compared: the names and SHA-256 of the files of its commit.</summary>
internal sealed record DirectoryContent(string Files)
{
    public static DirectoryContent Of(TantivyFiles index) => Of(index.Directory, index.LiveFiles);

    /// <summary>Everything in a directory but what starts with a dot.</summary>
    public static DirectoryContent Of(string directory) =>
        Of(directory, [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)]);

    private static DirectoryContent Of(string directory, IReadOnlyList<string> names) =>
        new(string.Concat(names.Select(name => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(directory, name))))}  {name}\n")));
}
