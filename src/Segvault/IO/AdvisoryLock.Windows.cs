using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Segvault.IO.Native;

namespace Segvault.IO;

/// <remarks>A lock of Windows also keeps everybody else from reading the locked bytes. Closing the handle releases it.</remarks>
internal sealed partial class AdvisoryLock
{
    [SupportedOSPlatform("windows")]
    private static AdvisoryLockResult TryAcquireOnWindows(string path, out AdvisoryLock? acquired)
    {
        // The range that Tantivy locks: all bytes there can be. Source: fs4, sys/windows.
        var wholeFile = (Offset: 0u, Length: uint.MaxValue);
        return TryOpenAndLock(path, Kernel32.OpenExisting, wholeFile, out int error, out acquired) ?? error switch
        {
            Win32Error.FileNotFound or Win32Error.PathNotFound => AdvisoryLockResult.Missing,
            Win32Error.AccessDenied => AdvisoryLockResult.Unsupported,
            _ => throw NativeError.For(error, "open", path),
        };
    }

    [SupportedOSPlatform("windows")]
    private static AdvisoryLockResult TryCreateAndAcquireOnWindows(string path, out AdvisoryLock? acquired)
    {
        var behindContent = (Offset: 1u, Length: 0x7FFFFFFFu);
        return TryOpenAndLock(path, Kernel32.OpenAlways, behindContent, out int error, out acquired)
            ?? throw NativeError.For(error, "open", path);
    }

    /// <summary>Null and the error when the file could not be opened. Offset and length of the range are in units of 4 GiB.</summary>
    [SupportedOSPlatform("windows")]
    private static AdvisoryLockResult? TryOpenAndLock(string path, uint creation, (uint Offset, uint Length) range, out int error, out AdvisoryLock? acquired)
    {
        acquired = null;
        bool writable = true;
        SafeFileHandle file = Kernel32.Open(path, Kernel32.GenericRead | Kernel32.GenericWrite, creation, Kernel32.OpenReparsePoint);
        error = Marshal.GetLastPInvokeError();
        if (file.IsInvalid && error is Win32Error.AccessDenied or Win32Error.WriteProtected)
        {
            file.Dispose();
            writable = false;
            file = Kernel32.Open(path, Kernel32.GenericRead, Kernel32.OpenExisting, Kernel32.OpenReparsePoint);
            error = Marshal.GetLastPInvokeError();
        }

        if (file.IsInvalid)
        {
            file.Dispose();
            return error == Win32Error.SharingViolation ? AdvisoryLockResult.Busy : null;
        }

        if (FileStatus.Read(file).Kind is not FileKind.Regular)
        {
            file.Dispose();
            return AdvisoryLockResult.Unsupported;
        }

        uint low = range.Offset == 0 ? uint.MaxValue : 0;
        Kernel32.LockOffset offset = new() { High = range.Offset };
        if (Kernel32.Lock(file, Kernel32.LockExclusive | Kernel32.LockFailImmediately, 0, low, range.Length, ref offset))
        {
            acquired = new AdvisoryLock(path, file, writable);
            return AdvisoryLockResult.Acquired;
        }

        error = Marshal.GetLastPInvokeError();
        file.Dispose();
        return error is Win32Error.LockViolation or Win32Error.IoPending ? AdvisoryLockResult.Busy : AdvisoryLockResult.Unsupported;
    }
}
