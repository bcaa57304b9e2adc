using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Segvault.IO.Native;

internal static partial class LibC
{
    /// <summary>
    /// open(2) for Apple's ARM processors, where the variable arguments of a function are always on the stack:
    /// six arguments that nobody reads fill the remaining registers.
    /// </summary>
    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenOnAppleArm(string path, int flags, nint r2, nint r3, nint r4, nint r5, nint r6, nint r7, nint mode);

    /// <summary>fcntl(2) with a command that has no argument.</summary>
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Control(SafeFileHandle file, int command);

    [LibraryImport(Library, EntryPoint = "renamex_np", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RenameExtended(string from, string to, uint flags);

    [LibraryImport(Library, EntryPoint = "lstat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LinkStatus(string path, out MacStatus status);

    [LibraryImport(Library, EntryPoint = "fstat", SetLastError = true)]
    internal static partial int HandleStatus(SafeFileHandle file, out MacStatus status);

    /// <summary>On Intel the plain name leads to the old structure with 32-bit inodes.</summary>
    [LibraryImport(Library, EntryPoint = "lstat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LinkStatus64(string path, out MacStatus status);

    [LibraryImport(Library, EntryPoint = "fstat$INODE64", SetLastError = true)]
    internal static partial int HandleStatus64(SafeFileHandle file, out MacStatus status);
}
