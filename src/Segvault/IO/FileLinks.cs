using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Segvault.IO.Native;

namespace Segvault.IO;

/// <summary>Second names and copies that share blocks.</summary>
internal static class FileLinks
{
    /// <summary>AT_SYMLINK_FOLLOW.</summary>
    private const int LinuxFollow = 0x400;

    /// <summary>Gives an existing file a second name; false where hard links are not possible or not allowed. Throws when the existing file is gone.</summary>
    public static bool TryHardLink(string existing, string link)
    {
        int error = OperatingSystem.IsWindows() ? LinkOnWindows(existing, link) : LinkOnUnix(existing, link);
        if (error == 0)
            return true;
        bool impossible = OperatingSystem.IsWindows()
            ? error is Win32Error.InvalidFunction or Win32Error.AccessDenied or Win32Error.NotSameDevice or Win32Error.NotSupported or Win32Error.TooManyLinks
            : IsLinkImpossible(error);
        if (impossible)
            return false;
        throw FileStatus.TryRead(existing) is null
            ? new FileNotFoundException($"Cannot link '{existing}': there is no such file", existing)
            : NativeError.For(error, "create the link", link);
    }

    /// <summary>
    /// Gives an open file another name, wherever it has been moved to meanwhile; false where that is not possible, or where no name of it is left.
    /// </summary>
    public static bool TryHardLink(SafeFileHandle existing, string link)
    {
        if (!OperatingSystem.IsLinux())
            return false;

        bool counted = false;
        try
        {
            existing.DangerousAddRef(ref counted);
            string name = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{existing.DangerousGetHandle()}");
            int error = Posix.Retry((name, link), static n => LibC.LinkAt(Posix.CurrentDirectory, n.name, Posix.CurrentDirectory, n.link, LinuxFollow));

            // ENOENT also where /proc is not mounted.
            if (error is Errno.NoEntry or Errno.NotDirectory || IsLinkImpossible(error))
                return false;
            return error == 0 ? true : throw NativeError.For(error, "create the link", link);
        }
        finally
        {
            if (counted)
                existing.DangerousRelease();
        }
    }

    /// <summary>Makes a new, empty file share the blocks of another; false where the file system cannot.</summary>
    public static bool TryClone(SafeFileHandle source, SafeFileHandle destination)
    {
        if (!OperatingSystem.IsLinux())
            return false;

        // FICLONE, _IOW(0x94, 9, int): the direction bits of powerpc are others. Source: linux/fs.h and asm/ioctl.h.
        nuint request = RuntimeInformation.ProcessArchitecture == Architecture.Ppc64le ? 0x80049409 : 0x40049409;
        bool counted = false;
        try
        {
            source.DangerousAddRef(ref counted);
            nint descriptor = source.DangerousGetHandle();
            int error = Posix.Retry((destination, request, descriptor), static a => LibC.IoControl(a.destination, a.request, a.descriptor));
            if (error == 0)
                return true;
            bool impossible = error is Errno.CrossDevice or Errno.Invalid or Errno.NotTerminal or Errno.NotPermitted
                || error == Errno.NotImplemented || Errno.IsNotSupported(error);
            return impossible ? false : throw NativeError.For(error, "clone into", "file");
        }
        finally
        {
            if (counted)
                source.DangerousRelease();
        }
    }

    /// <summary>EACCES and EPERM also come from fs.protected_hardlinks.</summary>
    private static bool IsLinkImpossible(int error) =>
        error is Errno.NotPermitted or Errno.AccessDenied or Errno.CrossDevice or Errno.TooManyLinks or Errno.ReadOnly
        || error == Errno.NotImplemented || Errno.IsNotSupported(error);

    private static int LinkOnUnix(string existing, string link) =>
        Posix.Retry((existing, link), static n => LibC.LinkAt(Posix.CurrentDirectory, n.existing, Posix.CurrentDirectory, n.link, 0));

    private static int LinkOnWindows(string existing, string link) =>
        !OperatingSystem.IsWindows() || Kernel32.CreateHardLink(Kernel32.Extended(link), Kernel32.Extended(existing), 0) ? 0 : Marshal.GetLastPInvokeError();
}
