using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Segvault.IO.Native;

/// <summary>The calls of <see cref="LibC"/> with numbers that differ between systems filled in, and repeated when a signal interrupts them.</summary>
internal static class Posix
{
    public static int CurrentDirectory => OperatingSystem.IsMacOS() ? -2 : -100;

    /// <summary>Opens without any lock, for this process only; null and the error number when that fails.</summary>
    public static SafeFileHandle? TryOpen(string path, OpenFlags flags, out int error, uint mode = 0)
    {
        int translated = flags.ToNative();
        while (true)
        {
            int descriptor = OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.Arm64
                ? LibC.OpenOnAppleArm(path, translated, 0, 0, 0, 0, 0, 0, (nint)mode)
                : LibC.Open(path, translated, mode);
            if (descriptor >= 0)
            {
                error = 0;
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            error = Marshal.GetLastPInvokeError();
            if (error != Errno.Interrupted)
                return null;
        }
    }

    /// <summary>Runs a call until no signal interrupts it. Returns 0 or the error number.</summary>
    public static int Retry<T>(T argument, Func<T, int> call)
    {
        while (true)
        {
            if (call(argument) >= 0)
                return 0;
            int error = Marshal.GetLastPInvokeError();
            if (error != Errno.Interrupted)
                return error;
        }
    }

    /// <summary>The absolute path without symbolic links. Throws when it leads nowhere.</summary>
    public static unsafe string RealPath(string path)
    {
        // 4096 is PATH_MAX of Linux; macOS has 1024.
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* start = buffer)
        {
            if (LibC.RealPath(path, start) == null)
                throw NativeError.Last("resolve", path);
        }

        return Encoding.UTF8.GetString(buffer[..buffer.IndexOf((byte)0)]);
    }
}
