namespace Segvault.IO;

internal static class DiskSpace
{
    /// <summary>Free bytes that this user may still write in a directory's file system; null where it cannot be found out.</summary>
    public static long? Available(string directory) => throw new NotSupportedException("stub");
}
