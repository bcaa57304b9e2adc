using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Segvault.IO.Native;

namespace Segvault.IO;

/// <summary>Opens files that are somebody else's, disturbing nobody.</summary>
internal static class SourceFile
{
    /// <summary>
    /// Opens a regular file for reading: takes no lock, follows no symbolic link at the last component, does not wait on a FIFO, shares everything
    /// (read, write, delete) on Windows. Throws <see cref="FileNotFoundException"/>, <see cref="UnauthorizedAccessException"/>
    /// (naming the file's owner), or <see cref="IOException"/>; errno EMFILE or ENFILE gives <see cref="TooManyOpenFilesException"/>.
    /// </summary>
    public static SafeFileHandle OpenRead(string path)
    {
        SafeFileHandle file = OperatingSystem.IsWindows() ? OpenOnWindows(path) : OpenOnUnix(path);
        try
        {
            FileKind kind = FileStatus.Read(file).Kind;
            return kind is FileKind.Regular ? file : throw NotRegular(path, kind);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>How many more files this process may open now, at most; <see cref="int.MaxValue"/> where there is no limit.</summary>
    public static unsafe int CountFreeHandles()
    {
        if (OperatingSystem.IsWindows())
            return int.MaxValue;

        const int LinuxOpenFiles = 7;
        const int MacOpenFiles = 8;
        nuint* limits = stackalloc nuint[4];
        if (LibC.GetLimit(OperatingSystem.IsMacOS() ? MacOpenFiles : LinuxOpenFiles, limits) != 0)
            throw NativeError.Last("read the limit of", "open files");
        return limits[0] > int.MaxValue ? int.MaxValue : Math.Max(0, (int)limits[0] - CountOpen());
    }

    private static int CountOpen()
    {
        // A guess that is too high only makes the caller go in smaller steps.
        const int Guess = 200;
        try
        {
            return Directory.EnumerateFileSystemEntries(OperatingSystem.IsMacOS() ? "/dev/fd" : "/proc/self/fd").Count() - 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Guess;
        }
    }

    private static SafeFileHandle OpenOnUnix(string path)
    {
        // Without O_NONBLOCK the open of a FIFO would wait for a writer. It means nothing to a regular file.
        SafeFileHandle? file = Posix.TryOpen(path, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking, out int error);
        if (file is not null)
            return file;
        if ((error == Errno.Loop || error == Errno.NoDevice) && FileStatus.TryRead(path) is { Kind: not FileKind.Regular } status)
            throw NotRegular(path, status.Kind);
        throw NativeError.For(error, "open", path);
    }

    [SupportedOSPlatform("windows")]
    private static SafeFileHandle OpenOnWindows(string path)
    {
        // Not opened as a reparse point: the content of a compressed or cloud file would then be out of reach.
        if (FileStatus.TryRead(path) is { Kind: not FileKind.Regular } status)
            throw NotRegular(path, status.Kind);
        SafeFileHandle file = Kernel32.Open(path, Kernel32.GenericRead, Kernel32.OpenExisting, 0);
        if (!file.IsInvalid)
            return file;
        int error = Marshal.GetLastPInvokeError();
        file.Dispose();
        throw NativeError.For(error, "open", path);
    }

    private static IOException NotRegular(string path, FileKind kind)
    {
        string name = kind switch
        {
            FileKind.Directory => "a directory",
            FileKind.SymbolicLink => "a symbolic link",
            _ => "a device, pipe or socket",
        };
        return new IOException($"Cannot open '{path}': it is {name}, not a regular file");
    }
}

/// <summary>The process or the system has no file handle left.</summary>
internal sealed class TooManyOpenFilesException(string message) : IOException(message);
