using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Segvault.IO.Native;

namespace Segvault.IO;

/// <summary>Renames that are one step for everybody who looks.</summary>
internal static class AtomicRename
{
    private const uint LinuxNoReplace = 1;
    private const uint LinuxExchange = 2;
    private const uint MacSwap = 2;
    private const uint MacExclusive = 4;
    private const uint OwnerOnly = 0x1C0;
    private const int WindowsAttempts = 50;
    private const int WindowsPauseInMilliseconds = 20;

    /// <summary>Moves a file or directory to a name that must not exist; false when it does. Exactly one of several racing callers gets true.</summary>
    public static bool TryMoveIfAbsent(string source, string destination)
    {
        if (OperatingSystem.IsWindows())
            return TryMoveOnWindows(source, destination);

        int error = RenameWith(LinuxNoReplace, MacExclusive, source, destination);
        if (error == 0)
            return true;
        if (error == Errno.Exists)
            return false;
        if (IsUnknown(error))
            return TryLinkAndUnlink(source, destination);
        throw NativeError.For(error, "move to a new name", Blame(error, source, destination));
    }

    /// <summary>
    /// Moves a file over another one, or to a new name. On Windows it fails when the other one is open or mapped, and goes on failing for a
    /// second: it may be open for an instant only.
    /// </summary>
    public static void Replace(string source, string destination)
    {
        if (OperatingSystem.IsWindows())
        {
            int failure = MoveOnWindows(source, destination, Kernel32.ReplaceExisting);
            if (failure != 0)
                throw NativeError.For(failure, "replace", destination);
            return;
        }

        int error = Posix.Retry((source, destination), static names => LibC.Rename(names.source, names.destination));
        if (error != 0)
            throw NativeError.For(error, "replace", Blame(error, source, destination));
    }

    /// <summary>Lets two existing names change places; false when this file system or operating system cannot.</summary>
    public static bool TryExchange(string first, string second)
    {
        if (OperatingSystem.IsWindows())
            return false;

        int error = RenameWith(LinuxExchange, MacSwap, first, second);
        if (error == 0)
            return true;
        return IsUnknown(error) ? false : throw NativeError.For(error, "exchange", Blame(error, first, second));
    }

    /// <summary>True when names can be exchanged where these two, which must be free, would be: tried out with directories of these names.</summary>
    public static bool CanExchange(string first, string second)
    {
        if (OperatingSystem.IsWindows())
            return false;

        try
        {
            Directory.CreateDirectory(first);
            Directory.CreateDirectory(second);
            return TryExchange(first, second);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            DeleteIfThere(first);
            DeleteIfThere(second);
        }
    }

    /// <summary>
    /// The way for file systems without the flag, NFS among them. A link fails when the name exists, but a server that answers a repeated
    /// request says "exists" of the caller's own success: then both names lead to one file.
    /// </summary>
    internal static bool TryLinkAndUnlink(string source, string destination)
    {
        FileStatus status = FileStatus.TryRead(source) ?? throw new FileNotFoundException($"Cannot move '{source}': there is no such file", source);
        if (status.Kind is FileKind.Directory)
            return TryReserveAndReplace(source, destination);

        int error = Posix.Retry((source, destination), static n => LibC.LinkAt(Posix.CurrentDirectory, n.source, Posix.CurrentDirectory, n.destination, 0));
        if (error == Errno.Exists && FileStatus.TryRead(destination)?.Identity != status.Identity)
            return false;
        if (error is not (0 or Errno.Exists))
        {
            throw error == Errno.NotPermitted || IsUnknown(error)
                ? new IOException($"Cannot move '{source}' to a name that must not exist: this file system has neither such a rename nor hard links", error)
                : NativeError.For(error, "move to a new name", Blame(error, source, destination));
        }

        // The move has happened: a name that cannot be removed now is litter, not a failure.
        _ = LibC.Unlink(source);
        return true;
    }

    /// <summary>For directories: whoever makes the new one has the name, and a rename replaces a directory only while it is empty.</summary>
    private static bool TryReserveAndReplace(string source, string destination)
    {
        int error = Posix.Retry(destination, static name => LibC.MakeDirectory(name, OwnerOnly));
        if (error == Errno.Exists)
            return false;
        if (error != 0)
            throw NativeError.For(error, "create", destination);
        error = Posix.Retry((source, destination), static names => LibC.Rename(names.source, names.destination));
        if (error == Errno.NotEmpty || error == Errno.Exists)
            return false;
        if (error != 0)
        {
            _ = LibC.RemoveDirectory(destination);
            throw NativeError.For(error, "move to a new name", Blame(error, source, destination));
        }

        return true;
    }

    [SupportedOSPlatform("windows")]
    private static bool TryMoveOnWindows(string source, string destination)
    {
        int error = MoveOnWindows(source, destination, flags: 0);
        if (error == 0)
            return true;
        return error is Win32Error.AlreadyExists or Win32Error.FileExists ? false : throw NativeError.For(error, "move to a new name", source);
    }

    /// <summary>
    /// 0 or the error. Whoever looks into a file or directory at the instant keeps it from being moved: a reader that reloads, an indexer, a
    /// virus scanner. They are gone in milliseconds, and what is forbidden for good is so after a second too.
    /// </summary>
    [SupportedOSPlatform("windows")]
    private static int MoveOnWindows(string source, string destination, uint flags)
    {
        (source, destination) = (Kernel32.Extended(source), Kernel32.Extended(destination));
        for (int attempt = 1; ; attempt++)
        {
            if (Kernel32.Move(source, destination, flags | Kernel32.WriteThrough))
                return 0;
            int error = Marshal.GetLastPInvokeError();
            if (error is not (Win32Error.AccessDenied or Win32Error.SharingViolation) || attempt == WindowsAttempts)
                return error;
            Thread.Sleep(WindowsPauseInMilliseconds);
        }
    }

    private static int RenameWith(uint linuxFlag, uint macFlag, string from, string to)
    {
        if (OperatingSystem.IsMacOS())
            return Posix.Retry((from, to, macFlag), static n => LibC.RenameExtended(n.from, n.to, n.macFlag));

        int error;
        while (LibC.RenameAt2(from, to, linuxFlag, out error) < 0 && error == Errno.Interrupted)
        {
        }

        return error;
    }

    private static bool IsUnknown(int error) => error is Errno.Invalid || error == Errno.NotImplemented || Errno.IsNotSupported(error);

    /// <summary>Which of two names a message should be about.</summary>
    private static string Blame(int error, string source, string destination) =>
        error is Errno.NoEntry && FileStatus.TryRead(source) is null ? source : destination;

    private static void DeleteIfThere(string directory)
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory);
    }
}
