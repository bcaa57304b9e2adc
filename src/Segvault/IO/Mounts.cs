using System.Globalization;
using System.Runtime.Versioning;
using Segvault.IO.Native;

namespace Segvault.IO;

/// <summary>Finds out whether exchanging a directory would go unnoticed somewhere.</summary>
internal static class Mounts
{
    /// <summary>
    /// Says why a directory must not be exchanged: it is a mount point, or some mount namespace that can be read mounts it, or something
    /// inside it (a container that bind-mounts a directory keeps the old one after an exchange). Null when nothing speaks against it.
    /// </summary>
    public static string? WhyNotExchangeable(string directory)
    {
        if (OperatingSystem.IsWindows())
            return "exchange is not available on Windows";

        string path = Posix.RealPath(directory);
        if (OperatingSystem.IsLinux())
            return MountInfo.FindReason(path, MountInfo.Parse(File.ReadAllText("/proc/self/mountinfo")), OtherNamespaces());

        // Every directory but the topmost has the device of its parent, unless something is mounted there.
        ulong? above = Path.GetDirectoryName(path) is { } parent ? FileStatus.TryRead(parent)?.Identity.Device : null;
        return FileStatus.TryRead(path)?.Identity.Device == above ? null : "it is a mount point";
    }

    /// <summary>One table for every mount namespace but our own that some process is in and that may be looked at.</summary>
    [SupportedOSPlatform("linux")]
    private static IEnumerable<(string Name, IReadOnlyList<MountInfo> Mounts)> OtherNamespaces()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (NamespaceOf("self") is { } own)
            seen.Add(own);
        foreach (string process in Directory.EnumerateDirectories("/proc").Select(d => Path.GetFileName(d)!).Where(n => char.IsAsciiDigit(n[0])))
        {
            if (NamespaceOf(process) is { } name && !seen.Contains(name) && ReadTable(process) is { } mounts)
            {
                seen.Add(name);
                yield return (string.Create(CultureInfo.InvariantCulture, $"process {process}"), mounts);
            }
        }
    }

    private static string? NamespaceOf(string process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/mnt").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Null for a process that is gone or belongs to somebody else.</summary>
    private static IReadOnlyList<MountInfo>? ReadTable(string process)
    {
        try
        {
            IReadOnlyList<MountInfo> mounts = MountInfo.Parse(File.ReadAllText($"/proc/{process}/mountinfo"));
            return mounts.Count == 0 ? null : mounts;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
