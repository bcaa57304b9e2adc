using Microsoft.Win32.SafeHandles;

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
        return OperatingSystem.IsMacOS() ? TryReadOnMacOS(path) : TryReadOnLinux(path);
    }

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
