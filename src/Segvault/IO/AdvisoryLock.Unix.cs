using Microsoft.Win32.SafeHandles;
using Segvault.IO.Native;

namespace Segvault.IO;

internal sealed partial class AdvisoryLock
{
    private const int Exclusive = 2;
    private const int NonBlocking = 4;
    private const int Release = 8;
    private const OpenFlags Existing = OpenFlags.NoFollow | OpenFlags.NonBlocking;

    private static AdvisoryLockResult TryAcquireOnUnix(string path, out AdvisoryLock? acquired)
    {
        acquired = null;
        SafeFileHandle? file = OpenExisting(path, out bool writable, out int error);
        if (file is null)
        {
            return error switch
            {
                Errno.NoEntry or Errno.NotDirectory => AdvisoryLockResult.Missing,
                Errno.AccessDenied or Errno.NotPermitted or Errno.IsDirectory or Errno.NoDevice => AdvisoryLockResult.Unsupported,
                _ when error == Errno.Loop => AdvisoryLockResult.Unsupported,
                _ => throw NativeError.For(error, "open", path),
            };
        }

        if (FileStatus.Read(file).Kind is FileKind.Regular)
            return Lock(path, file, writable, out acquired);
        file.Dispose();
        return AdvisoryLockResult.Unsupported;
    }

    private static AdvisoryLockResult TryCreateAndAcquireOnUnix(string path, UnixFileMode mode, out AdvisoryLock? acquired)
    {
        // Every further round means that somebody else created, deleted or replaced the file meanwhile.
        for (int round = 0; round < 100; round++)
        {
            bool created = false;
            SafeFileHandle? file = OpenExisting(path, out bool writable, out int error);
            if (file is null && error == Errno.NoEntry)
            {
                file = Create(path, mode, out error);
                created = writable = file is not null;
                if (error == Errno.Exists)
                    continue;
            }

            if (file is null)
                throw NativeError.For(error, "open", path);
            FileStatus status = FileStatus.Read(file);
            if (status.Kind is not FileKind.Regular)
            {
                file.Dispose();
                throw new IOException($"Cannot lock '{path}': it is not a regular file");
            }

            // A file that has another name may be anything, put here for us to overwrite.
            writable &= status.Links == 1;
            AdvisoryLockResult result = Lock(path, file, writable, out acquired);
            if (result is AdvisoryLockResult.Unsupported && created)
                _ = LibC.Unlink(path);
            if (acquired is null)
                return result;

            bool there = acquired.IsStillAt(path);

            // Left behind by another user who died: what it says of its holder must not be rewritten, but perhaps the file can be replaced.
            if (there && (writable || LibC.Unlink(path) != 0))
                return AdvisoryLockResult.Acquired;
            acquired.Dispose();
        }

        acquired = null;
        return AdvisoryLockResult.Busy;
    }

    private static SafeFileHandle? OpenExisting(string path, out bool writable, out int error)
    {
        SafeFileHandle? file = Posix.TryOpen(path, OpenFlags.ReadWrite | Existing, out error);
        writable = file is not null;
        return file is null && error is Errno.AccessDenied or Errno.NotPermitted or Errno.ReadOnly
            ? Posix.TryOpen(path, OpenFlags.ReadOnly | Existing, out error)
            : file;
    }

    private static SafeFileHandle? Create(string path, UnixFileMode mode, out int error)
    {
        SafeFileHandle? file = Posix.TryOpen(path, OpenFlags.ReadWrite | Existing | OpenFlags.Create | OpenFlags.Exclusive, out error, (uint)mode);
        if (file is not null && LibC.EffectiveUserId() == 0)
        {
            string directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
            if (FileStatus.TryRead(System.IO.Path.Combine(directory, ".")) is { UserId: { } user, GroupId: { } group })
                _ = LibC.ChangeOwner(file, user, group);
        }

        return file;
    }

    private static AdvisoryLockResult Lock(string path, SafeFileHandle file, bool writable, out AdvisoryLock? acquired)
    {
        acquired = null;
        int error = Posix.Retry(file, static f => LibC.FLock(f, Exclusive | NonBlocking));
        if (error == 0)
        {
            acquired = new AdvisoryLock(path, file, writable);
            return AdvisoryLockResult.Acquired;
        }

        file.Dispose();
        if (error == Errno.WouldBlock)
            return AdvisoryLockResult.Busy;

        // NFS answers EBADF when a file that is open for reading only is to be locked exclusively.
        bool unsupported = error is Errno.BadDescriptor or Errno.Invalid || error == Errno.NoLocks || error == Errno.NotImplemented || Errno.IsNotSupported(error);
        return unsupported ? AdvisoryLockResult.Unsupported : throw NativeError.For(error, "lock", path);
    }

    /// <summary>Said before closing, because a child that is just being started has a copy of the descriptor until it runs its program.</summary>
    private static void Unlock(SafeFileHandle file) => _ = LibC.FLock(file, Release);
}
