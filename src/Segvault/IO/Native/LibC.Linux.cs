using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Segvault.IO.Native;

internal static partial class LibC
{
    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int StatX(int directory, string path, int flags, uint mask, out LinuxStatus status);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int StatX(SafeFileHandle file, string path, int flags, uint mask, out LinuxStatus status);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int IoControl(SafeFileHandle file, nuint request, nint argument);

    [LibraryImport(Library, EntryPoint = "posix_fadvise")]
    internal static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport(Library, EntryPoint = "sync_file_range", SetLastError = true)]
    internal static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint SystemCall(nint number, nint fromDirectory, string from, nint toDirectory, string to, nuint flags);

    /// <summary>
    /// renameat2(2), called by its number: musl has had no function for it for long. Fails with ENOSYS on a processor whose number is not known here.
    /// Source of the numbers: the kernel's <c>syscall.tbl</c> and <c>asm-generic/unistd.h</c>.
    /// </summary>
    internal static int RenameAt2(string from, string to, uint flags, out int error)
    {
        int number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 316,
            Architecture.X86 => 353,
            Architecture.Arm => 382,
            Architecture.S390x => 347,
            Architecture.Ppc64le => 357,
            Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 276,
            _ => -1,
        };
        if (number < 0)
        {
            error = Errno.NotImplemented;
            return -1;
        }

        var result = (int)SystemCall(number, Posix.CurrentDirectory, from, Posix.CurrentDirectory, to, flags);
        error = result == 0 ? 0 : Marshal.GetLastPInvokeError();
        return result;
    }
}
