using System.Runtime.InteropServices;

namespace Segvault.IO.Native;

/// <summary>Turns error numbers of the system into exceptions, in one place.</summary>
internal static class NativeError
{
    /// <summary>The exception for the last call that saved its error.</summary>
    public static Exception Last(string action, string path) => For(Marshal.GetLastPInvokeError(), action, path);

    /// <summary>
    /// The exception for an error number (errno on Unix, a Win32 code on Windows), with a message such as "Cannot open '/x': Permission denied".
    /// An <see cref="IOException"/> has the number as its HResult (on Windows in the usual form), as those of .NET have.
    /// </summary>
    public static Exception For(int error, string action, string path)
    {
        string message = $"Cannot {action} '{path}': {Marshal.GetPInvokeErrorMessage(error)}";
        return OperatingSystem.IsWindows() ? ForWindows(error, message, path) : ForUnix(error, message, path);
    }

    /// <summary>True when a disk or quota is full, whoever noticed it: this code or .NET itself.</summary>
    public static bool IsDiskFull(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is not IOException { HResult: var result })
                continue;
            bool full = OperatingSystem.IsWindows()
                ? (result & 0xFFFF0000) == 0x80070000 && (result & 0xFFFF) is Win32Error.DiskFull or Win32Error.HandleDiskFull or Win32Error.QuotaExceeded
                : result == Errno.NoSpace || result == Errno.Quota;
            if (full)
                return true;
        }

        return false;
    }

    private static Exception ForUnix(int error, string message, string path)
    {
        switch (error)
        {
            case Errno.NoEntry when Path.GetDirectoryName(path) is not { Length: > 0 } parent || Directory.Exists(parent):
                return new FileNotFoundException(message, path);
            case Errno.NoEntry or Errno.NotDirectory:
                return new DirectoryNotFoundException(message);
            case Errno.AccessDenied or Errno.NotPermitted or Errno.ReadOnly:
                string owner = error != Errno.ReadOnly && FileOwnership.DescribeOwner(path) is { } known ? $" ({known})" : "";
                return new UnauthorizedAccessException(message + owner) { HResult = error };
            case Errno.TooManyInProcess or Errno.TooManyInSystem:
                return new TooManyOpenFilesException(message);
            default:
                return new IOException(message, error);
        }
    }

    private static Exception ForWindows(int error, string message, string path)
    {
        int result = unchecked((int)0x80070000) | error;
        return error switch
        {
            Win32Error.FileNotFound => new FileNotFoundException(message, path),
            Win32Error.PathNotFound => new DirectoryNotFoundException(message),
            Win32Error.AccessDenied or Win32Error.WriteProtected => new UnauthorizedAccessException(message) { HResult = result },
            Win32Error.TooManyOpenFiles => new TooManyOpenFilesException(message),
            _ => new IOException(message, result),
        };
    }
}
