using System.Runtime.InteropServices;

namespace Segvault.IO.Native;

/// <summary>Names and numbers of users and groups, as the system looks them up: files, LDAP or whatever it is set up for.</summary>
internal static unsafe partial class UserDatabase
{
    private const int LargestBuffer = 1 << 20;

    private delegate int Lookup(Entry* entry, byte* buffer, nuint length, Entry** found);

    public static string? UserName(uint id) => Find((e, b, n, f) => UserById(id, e, b, n, f), static e => Marshal.PtrToStringUTF8(e.Name));

    public static string? GroupName(uint id) => Find((e, b, n, f) => GroupById(id, e, b, n, f), static e => Marshal.PtrToStringUTF8(e.Name));

    public static uint? UserId(string name) => Find((e, b, n, f) => UserByName(name, e, b, n, f), static e => (uint?)e.Id);

    public static uint? GroupId(string name) => Find((e, b, n, f) => GroupByName(name, e, b, n, f), static e => (uint?)e.Id);

    /// <summary>Repeats with a larger buffer until the entry fits. The default when there is no entry or the database does not answer.</summary>
    private static T? Find<T>(Lookup lookup, Func<Entry, T> read)
    {
        for (int length = 1024; length <= LargestBuffer;)
        {
            Entry entry;
            Entry* found = null;
            fixed (byte* buffer = new byte[length])
            {
                int error = lookup(&entry, buffer, (nuint)length, &found);
                if (error == 0)
                    return found == null ? default : read(entry);
                if (error == Errno.Range)
                    length *= 2;
                else if (error != Errno.Interrupted)
                    return default;
            }
        }

        return default;
    }

    [LibraryImport(LibC.Library, EntryPoint = "getpwuid_r")]
    private static partial int UserById(uint id, Entry* entry, byte* buffer, nuint length, Entry** found);

    [LibraryImport(LibC.Library, EntryPoint = "getgrgid_r")]
    private static partial int GroupById(uint id, Entry* entry, byte* buffer, nuint length, Entry** found);

    [LibraryImport(LibC.Library, EntryPoint = "getpwnam_r", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UserByName(string name, Entry* entry, byte* buffer, nuint length, Entry** found);

    [LibraryImport(LibC.Library, EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GroupByName(string name, Entry* entry, byte* buffer, nuint length, Entry** found);

    /// <summary>The beginning that <c>struct passwd</c> and <c>struct group</c> have in common on Linux and macOS, in room enough for either.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct Entry
    {
        internal nint Name;
        internal nint Password;
        internal uint Id;
    }
}
