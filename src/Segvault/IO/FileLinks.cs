using Microsoft.Win32.SafeHandles;

namespace Segvault.IO;

/// <summary>Second names and copies that share blocks.</summary>
internal static class FileLinks
{
    /// <summary>Gives an existing file a second name; false where hard links are not possible or not allowed. Throws when the existing file is gone.</summary>
    public static bool TryHardLink(string existing, string link) => throw new NotSupportedException("stub");

    /// <summary>Makes a new, empty file share the blocks of another; false where the file system cannot.</summary>
    public static bool TryClone(SafeFileHandle source, SafeFileHandle destination) => throw new NotSupportedException("stub");
}
