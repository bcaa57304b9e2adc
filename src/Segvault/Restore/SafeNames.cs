using Segvault.Engines;

namespace Segvault.Restore;

/// <summary>Refuses file names with which a restore would write outside its target, or that this system cannot hold.</summary>
internal static class SafeNames
{
    private static readonly string[] WindowsDevices =
    [
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
        .. Enumerable.Range(0, 10).SelectMany(i => new[] { $"COM{i}", $"LPT{i}" }),
        "COM¹", "COM²", "COM³", "LPT¹", "LPT²", "LPT³",
    ];

    /// <exception cref="RefusedException">A name is not safe.</exception>
    public static void Ensure(BackupManifest manifest, IndexEngine engine, bool windows)
    {
        var seen = new HashSet<string>(windows ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (var file in manifest.Files)
        {
            var problem = FindProblem(file.Path, windows)
                ?? (seen.Add(file.Path) ? null : "is there twice")
                ?? (IsIndexFile(file.Path, engine) ? null : $"is no file of a {engine.Name} index");
            if (problem is null)
                continue;
            throw new RefusedException(
                ErrorCode.UnsafeName,
                $"Backup {manifest.Id.ToShortString()} has a file named '{file.Path}', which {problem}.",
                "Nothing was written. Such a name does not come from a search engine: find out who made this backup.",
                [file.Path]);
        }
    }

    /// <summary>What is wrong with a relative path, as the end of a sentence; null when nothing is.</summary>
    public static string? FindProblem(string path, bool windows)
    {
        if (path.Length == 0)
            return "is empty";
        if (path.Contains('\0', StringComparison.Ordinal))
            return "contains a NUL";
        if (path.Contains('\\', StringComparison.Ordinal))
            return "contains a backslash";
        var parts = path.Split('/');
        if (Array.Exists(parts, part => part is "" or "." or ".."))
            return "is not a plain relative path";
        if (Array.Exists(parts, part => System.Text.Encoding.UTF8.GetByteCount(part) > 255))
            return "has a part of more than 255 bytes";
        if (parts[0].StartsWith(".segvault", StringComparison.OrdinalIgnoreCase))
            return "is reserved for Segvault itself";
        return windows && Array.Find(parts, part => !WindowsCanHold(part)) is not null ? "Windows cannot hold" : null;
    }

    /// <summary>No backup has lock files or strangers in it; a manifest that names some would put them into the target all the same.</summary>
    private static bool IsIndexFile(string path, IndexEngine engine) =>
        engine.Classify(path) is EngineFileRole.Commit or EngineFileRole.WriteOnce or EngineFileRole.Replaceable;

    private static bool WindowsCanHold(string part) =>
        part.IndexOfAny(['<', '>', ':', '"', '|', '?', '*']) < 0
        && !part.Any(char.IsControl)
        && part[^1] is not ('.' or ' ')
        && !WindowsDevices.Contains(part.Split('.')[0].TrimEnd(' '), StringComparer.OrdinalIgnoreCase);
}
