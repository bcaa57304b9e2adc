using Microsoft.Win32.SafeHandles;
using Segvault.IO.Native;

namespace Segvault.IO;

/// <summary>What the system says of a file, without following a symbolic link and without opening it.</summary>
internal sealed partial record FileStatus
{
    public required FileKind Kind { get; init; }
    public required long Length { get; init; }
    public required DateTimeOffset ModifiedAt { get; init; }
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Null on Windows.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>Null on Windows. Names are looked up only by <see cref="FileOwnership"/>.</summary>
    public uint? UserId { get; init; }

    public uint? GroupId { get; init; }

    /// <summary>Device and inode (volume serial and file index on Windows): equal for two names of one file.</summary>
    public required FileIdentity Identity { get; init; }

    public required long Links { get; init; }

    /// <summary>Null when nothing has this name.</summary>
    public static FileStatus? TryRead(string path)
    {
        if (OperatingSystem.IsWindows())
            return TryReadOnWindows(path);
        return TryReadOnUnix(path, out int error) ?? (error is Errno.NoEntry or Errno.NotDirectory ? null : throw NativeError.For(error, "look at", path));
    }

    /// <summary>The owner of what has this name; null where that cannot be found out. Never throws, so that error messages can be made with it.</summary>
    public static uint? OwnerOf(string path) => OperatingSystem.IsWindows() ? null : TryReadOnUnix(path, out _)?.UserId;

    public static FileStatus Read(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
            return ReadOnWindows(file, "open file");
        return OperatingSystem.IsMacOS() ? ReadOnMacOS(file) : ReadOnLinux(file);
    }
}

internal enum FileKind
{
    Regular,
    Directory,
    SymbolicLink,
    Other,
}

internal readonly record struct FileIdentity(ulong Device, ulong Inode);
