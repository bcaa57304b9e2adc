using System.Runtime.InteropServices;

namespace Segvault.IO.Native;

/// <summary><c>struct statx</c>: the same on every processor. Source: statx(2), <c>linux/stat.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct LinuxStatus
{
    internal const uint BasicFields = 0x7ff;
    internal const uint BirthTimeField = 0x800;

    [FieldOffset(0)] internal uint Filled;
    [FieldOffset(16)] internal uint Links;
    [FieldOffset(20)] internal uint UserId;
    [FieldOffset(24)] internal uint GroupId;
    [FieldOffset(28)] internal ushort Mode;
    [FieldOffset(32)] internal ulong Inode;
    [FieldOffset(40)] internal ulong Size;
    [FieldOffset(80)] internal long BirthSeconds;
    [FieldOffset(88)] internal uint BirthNanoseconds;
    [FieldOffset(112)] internal long ModifiedSeconds;
    [FieldOffset(120)] internal uint ModifiedNanoseconds;
    [FieldOffset(136)] internal uint DeviceMajor;
    [FieldOffset(140)] internal uint DeviceMinor;
}
