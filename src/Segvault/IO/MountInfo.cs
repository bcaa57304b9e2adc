using System.Globalization;
using System.Text;

namespace Segvault.IO;

/// <summary>One line of <c>/proc/PID/mountinfo</c>. Source: proc_pid_mountinfo(5).</summary>
/// <param name="Id">Number of the mount.</param>
/// <param name="Parent">Number of the mount that this one is mounted in.</param>
/// <param name="Device">Major and minor number of the file system.</param>
/// <param name="Root">The directory of the file system that can be seen at the mount point.</param>
/// <param name="Point">Where it is mounted, as the process sees it.</param>
internal sealed record MountInfo(int Id, int Parent, string Device, string Root, string Point)
{
    /// <summary>Mount points of one mount namespace. Lines that cannot be understood are left out.</summary>
    public static IReadOnlyList<MountInfo> Parse(string text)
    {
        var mounts = new List<MountInfo>();
        foreach (string line in text.Split('\n'))
        {
            string[] fields = line.Split(' ');
            if (fields.Length >= 5
                && int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out int parent))
            {
                mounts.Add(new MountInfo(id, parent, fields[2], Unescape(fields[3]), Unescape(fields[4])));
            }
        }

        return mounts;
    }

    /// <summary>
    /// Says why a directory is not to be exchanged: some mount shows it or something in it, or something is mounted in it. Mounts of a directory
    /// above it do not matter, because an exchange can be seen through them.
    /// </summary>
    /// <param name="path">The directory's absolute path without symbolic links, as the first table's processes see it.</param>
    /// <param name="own">The mounts of this process.</param>
    /// <param name="others">Those of other namespaces, each with a name for messages.</param>
    public static string? FindReason(string path, IReadOnlyList<MountInfo> own, IEnumerable<(string Name, IReadOnlyList<MountInfo> Mounts)> others)
    {
        MountInfo? holder = own.Where(m => IsAtOrUnder(path, m.Point)).MaxBy(m => m.Point.Length);
        if (holder is null)
            return "it is not known which file system holds it";

        // Of several mounts at one point the last is seen.
        holder = own.Last(m => m.Point == holder.Point);
        if (holder.Point == path)
            return "it is a mount point";
        string inside = Translate(path, holder);
        return FindReason(inside, holder.Device, own, "")
            ?? others.Select(other => FindReason(inside, holder.Device, other.Mounts, $" in the mount namespace of {other.Name}")).FirstOrDefault(r => r is not null);
    }

    private static string? FindReason(string inside, string device, IReadOnlyList<MountInfo> mounts, string where)
    {
        Dictionary<int, MountInfo> byId = mounts.GroupBy(m => m.Id).ToDictionary(g => g.Key, g => g.Last());
        foreach (MountInfo mount in mounts)
        {
            // A mount of a directory that has since been deleted is of something else, whatever has that name now.
            bool deleted = mount.Root.EndsWith("//deleted", StringComparison.Ordinal);
            if (mount.Device == device && !deleted && IsAtOrUnder(mount.Root, inside))
                return $"{(mount.Root == inside ? "it" : "a part of it")} is mounted at '{mount.Point}'{where}";
            if (byId.TryGetValue(mount.Parent, out MountInfo? parent) && parent != mount && parent.Device == device
                && IsAtOrUnder(mount.Point, parent.Point) && IsAtOrUnder(Translate(mount.Point, parent), inside))
            {
                return $"something is mounted in it, at '{mount.Point}'{where}";
            }
        }

        return null;
    }

    /// <summary>The path inside the mount's file system of a path that lies in the mount.</summary>
    private static string Translate(string path, MountInfo mount)
    {
        string relative = mount.Point == "/" ? path : path[mount.Point.Length..];
        string root = mount.Root.TrimEnd('/');
        return relative is "" or "/" ? mount.Root : root + relative;
    }

    private static bool IsAtOrUnder(string path, string directory) =>
        directory == "/" || (path.StartsWith(directory, StringComparison.Ordinal) && (path.Length == directory.Length || path[directory.Length] == '/'));

    /// <summary>Space, tab, line feed and backslash are written as a backslash and three octal digits.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\'))
            return field;
        var plain = new StringBuilder(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            bool escape = field[i] == '\\' && i + 3 < field.Length && field.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0;
            if (!escape)
            {
                plain.Append(field[i]);
                continue;
            }

            plain.Append((char)(((field[i + 1] - '0') << 6) | ((field[i + 2] - '0') << 3) | (field[i + 3] - '0')));
            i += 3;
        }

        return plain.ToString();
    }
}
