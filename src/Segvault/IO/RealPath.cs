namespace Segvault.IO;

/// <summary>Where a path really leads.</summary>
internal static class RealPath
{
    private const int MostLinks = 40;

    /// <summary>Follows every symbolic link in a path; the last components need not exist. Throws <see cref="IOException"/> for links in a circle.</summary>
    public static string Resolve(string path)
    {
        var links = 0;
        return Resolve(path, path, ref links);
    }

    private static string Resolve(string path, string asked, ref int links)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var parent = Path.GetDirectoryName(full);
        if (parent is null)
            return full;
        var candidate = Path.Combine(Resolve(parent, asked, ref links), Path.GetFileName(full));
        if (new FileInfo(candidate).LinkTarget is not { } target)
            return candidate;

        // As many as Linux follows.
        if (++links > MostLinks)
            throw new IOException($"Cannot find out where '{asked}' leads: its symbolic links go in a circle");
        return Resolve(Path.Combine(Path.GetDirectoryName(candidate)!, target), asked, ref links);
    }

    /// <summary>What stands where a directory is needed for a path to exist, be it the path itself or something above it; null when nothing does.</summary>
    public static string? FindFileOn(string path)
    {
        for (string? place = path; place is { Length: > 0 } && !Directory.Exists(place); place = Path.GetDirectoryName(place))
        {
            if (File.Exists(place))
                return place;
        }

        return null;
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
