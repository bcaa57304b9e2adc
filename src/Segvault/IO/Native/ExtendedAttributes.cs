using System.Runtime.InteropServices;
using System.Text;

namespace Segvault.IO.Native;

/// <summary>Extended attributes of files, not following links. On Linux access lists are among them: <c>system.posix_acl_access</c> and <c>_default</c>.</summary>
internal static unsafe partial class ExtendedAttributes
{
    private const int MacNoFollow = 1;

    private delegate nint Fill(byte* buffer, nuint length);

    /// <summary>Names; none where the file system has no such attributes.</summary>
    public static IReadOnlyList<string> List(string path)
    {
        byte[]? names = Read(OperatingSystem.IsMacOS() ? (b, n) => MacList(path, b, n, MacNoFollow) : (b, n) => LinuxList(path, b, n), out int error);
        if (names is not null)
            return Encoding.UTF8.GetString(names).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        return Errno.IsNotSupported(error) ? [] : throw NativeError.For(error, "list the attributes of", path);
    }

    /// <summary>Null when there is no such attribute, or it may not be read.</summary>
    public static byte[]? Get(string path, string name) =>
        Read(OperatingSystem.IsMacOS() ? (b, n) => MacGet(path, name, b, n, 0, MacNoFollow) : (b, n) => LinuxGet(path, name, b, n), out _);

    public static bool TrySet(string path, string name, byte[] value)
    {
        nuint length = (nuint)value.Length;
        return (OperatingSystem.IsMacOS() ? MacSet(path, name, value, length, 0, MacNoFollow) : LinuxSet(path, name, value, length, 0)) == 0;
    }

    public static bool TryRemove(string path, string name) => (OperatingSystem.IsMacOS() ? MacRemove(path, name, MacNoFollow) : LinuxRemove(path, name)) == 0;

    /// <summary>Asks for the size, then for the data, until they fit together.</summary>
    private static byte[]? Read(Fill fill, out int error)
    {
        while (true)
        {
            nint length = fill(null, 0);
            if (length >= 0)
            {
                // One more byte, because size 0 would ask for the size again.
                var buffer = new byte[length + 1];
                fixed (byte* start = buffer)
                {
                    length = fill(start, (nuint)buffer.Length);
                }

                if (length >= 0)
                {
                    error = 0;
                    return buffer[..(int)length];
                }
            }

            error = Marshal.GetLastPInvokeError();
            if (error is not (Errno.Range or Errno.Interrupted))
                return null;
        }
    }

    [LibraryImport(LibC.Library, EntryPoint = "llistxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint LinuxList(string path, byte* list, nuint size);

    [LibraryImport(LibC.Library, EntryPoint = "lgetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint LinuxGet(string path, string name, byte* value, nuint size);

    [LibraryImport(LibC.Library, EntryPoint = "lsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinuxSet(string path, string name, byte[] value, nuint size, int flags);

    [LibraryImport(LibC.Library, EntryPoint = "lremovexattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinuxRemove(string path, string name);

    [LibraryImport(LibC.Library, EntryPoint = "listxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint MacList(string path, byte* list, nuint size, int options);

    [LibraryImport(LibC.Library, EntryPoint = "getxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint MacGet(string path, string name, byte* value, nuint size, uint position, int options);

    [LibraryImport(LibC.Library, EntryPoint = "setxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MacSet(string path, string name, byte[] value, nuint size, uint position, int options);

    [LibraryImport(LibC.Library, EntryPoint = "removexattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MacRemove(string path, string name, int options);
}
