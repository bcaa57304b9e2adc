using Segvault.IO.Native;

namespace Segvault.IO;

internal static class DiskSpace
{
    /// <summary>Free bytes that this user may still write in a directory's file system; null where it cannot be found out.</summary>
    public static long? Available(string directory)
    {
        if (OperatingSystem.IsWindows())
            return Kernel32.GetFreeSpace(Kernel32.Extended(directory), out ulong available, out _, out _) ? (long)Math.Min(available, long.MaxValue) : null;

        try
        {
            return new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
