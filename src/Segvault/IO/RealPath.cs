namespace Segvault.IO;

/// <summary>Where a path really leads.</summary>
internal static class RealPath
{
    /// <summary>Follows every symbolic link in a path; the last components need not exist.</summary>
    public static string Resolve(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var parent = Path.GetDirectoryName(full);
        if (parent is null)
            return full;
        var candidate = Path.Combine(Resolve(parent), Path.GetFileName(full));
        var target = new FileInfo(candidate).LinkTarget;
        return target is null ? candidate : Resolve(Path.Combine(Path.GetDirectoryName(candidate)!, target));
    }

    /// <summary>True when the two directories are one, or one lies inside the other.</summary>
    public static bool Overlap(string first, string second)
    {
        var comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        var a = Path.TrimEndingDirectorySeparator(first) + Path.DirectorySeparatorChar;
        var b = Path.TrimEndingDirectorySeparator(second) + Path.DirectorySeparatorChar;
        return a.StartsWith(b, comparison) || b.StartsWith(a, comparison);
    }
}
