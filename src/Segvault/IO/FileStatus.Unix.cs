using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Segvault.IO.Native;

namespace Segvault.IO;

internal sealed partial record FileStatus
{
    private const int NoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint Fields = LinuxStatus.BasicFields | LinuxStatus.BirthTimeField;

    /// <summary>Null, and why, when nothing can be said of this name.</summary>
    private static FileStatus? TryReadOnUnix(string path, out int error)
    {
        FileStatus? status = OperatingSystem.IsMacOS() ? TryReadOnMacOS(path) : TryReadOnLinux(path);
        error = status is null ? Marshal.GetLastPInvokeError() : 0;
        return status;
    }

    private static FileStatus? TryReadOnLinux(string path) =>
        LibC.StatX(Posix.CurrentDirectory, path, NoFollow, Fields, out LinuxStatus status) == 0 ? From(status) : null;

    private static FileStatus ReadOnLinux(SafeFileHandle file) =>
        LibC.StatX(file, "", EmptyPath, Fields, out LinuxStatus status) == 0 ? From(status) : throw NativeError.Last("look at", "open file");

    private static FileStatus? TryReadOnMacOS(string path)
    {
        bool intel = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        int result = intel ? LibC.LinkStatus64(path, out MacStatus status) : LibC.LinkStatus(path, out status);
        return result == 0 ? From(status) : null;
    }

    private static FileStatus ReadOnMacOS(SafeFileHandle file)
    {
        bool intel = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        int result = intel ? LibC.HandleStatus64(file, out MacStatus status) : LibC.HandleStatus(file, out status);
        return result == 0 ? From(status) : throw NativeError.Last("look at", "open file");
    }

    private static FileStatus From(in LinuxStatus status) => new()
    {
        Kind = KindOf(status.Mode),
        Length = (long)status.Size,
        ModifiedAt = Time(status.ModifiedSeconds, status.ModifiedNanoseconds),
        CreatedAt = (status.Filled & LinuxStatus.BirthTimeField) != 0 ? Time(status.BirthSeconds, status.BirthNanoseconds) : null,
        Mode = (UnixFileMode)(status.Mode & 0xFFF),
        UserId = status.UserId,
        GroupId = status.GroupId,
        Identity = new(((ulong)status.DeviceMajor << 32) | status.DeviceMinor, status.Inode),
        Links = status.Links,
    };

    private static FileStatus From(in MacStatus status) => new()
    {
        Kind = KindOf(status.Mode),
        Length = status.Size,
        ModifiedAt = Time(status.ModifiedSeconds, status.ModifiedNanoseconds),
        CreatedAt = Time(status.BirthSeconds, status.BirthNanoseconds),
        Mode = (UnixFileMode)(status.Mode & 0xFFF),
        UserId = status.UserId,
        GroupId = status.GroupId,
        Identity = new(status.Device, status.Inode),
        Links = status.Links,
    };

    private static FileKind KindOf(ushort mode) => (mode & 0xF000) switch
    {
        0x8000 => FileKind.Regular,
        0x4000 => FileKind.Directory,
        0xA000 => FileKind.SymbolicLink,
        _ => FileKind.Other,
    };

    /// <summary>Seconds are rounded down also before 1970, so the nanoseconds are always added. Times that .NET cannot express become its first or last.</summary>
    private static DateTimeOffset Time(long seconds, long nanoseconds)
    {
        long wholeSeconds = Math.Clamp(seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        return DateTimeOffset.FromUnixTimeSeconds(wholeSeconds).AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
    }
}
