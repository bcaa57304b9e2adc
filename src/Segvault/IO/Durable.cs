using Microsoft.Win32.SafeHandles;
using Segvault.IO.Native;

namespace Segvault.IO;

/// <summary>Makes writes survive a power cut, with errors seen: .NET on Linux hides those of fsync.</summary>
internal static class Durable
{
    private const int FullSync = 51;

    /// <summary>Flushes a file's content and metadata to its device.</summary>
    public static void Sync(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            if (!Kernel32.Flush(file))
                throw NativeError.Last("flush", path);
            return;
        }

        int error = SyncOnUnix(file);
        if (error != 0)
            throw NativeError.For(error, "flush", path);
    }

    /// <summary>Flushes the entries of a directory: names created, renamed and deleted in it. Does nothing on Windows.</summary>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return;

        using SafeFileHandle directory = Posix.TryOpen(path, OpenFlags.ReadOnly | OpenFlags.Directory, out int error)
            ?? throw NativeError.For(error, "open", path);
        error = SyncOnUnix(directory);

        // Some network file systems cannot flush a directory, because every change is on the server already. They say so in these ways.
        if (error is not (0 or Errno.Invalid or Errno.BadDescriptor) && !Errno.IsNotSupported(error))
            throw NativeError.For(error, "flush", path);
    }

    private static int SyncOnUnix(SafeFileHandle file)
    {
        // On macOS fsync leaves the data in the cache of the drive. Network and other foreign file systems have only fsync.
        if (OperatingSystem.IsMacOS())
        {
            int error = Posix.Retry(file, static f => LibC.Control(f, FullSync));
            if (error is not (Errno.Invalid or Errno.NotTerminal) && !Errno.IsNotSupported(error))
                return error;
        }

        return Posix.Retry(file, static f => LibC.FSync(f));
    }
}
