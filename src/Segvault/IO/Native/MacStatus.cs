using System.Runtime.InteropServices;

namespace Segvault.IO.Native;

/// <summary><c>struct stat</c> of macOS with 64-bit inodes. Source: <c>sys/stat.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 144)]
internal struct MacStatus
{
    [FieldOffset(0)] internal uint Device;
    [FieldOffset(4)] internal ushort Mode;
    [FieldOffset(6)] internal ushort Links;
    [FieldOffset(8)] internal ulong Inode;
    [FieldOffset(16)] internal uint UserId;
    [FieldOffset(20)] internal uint GroupId;
    [FieldOffset(48)] internal long ModifiedSeconds;
    [FieldOffset(56)] internal long ModifiedNanoseconds;
    [FieldOffset(80)] internal long BirthSeconds;
    [FieldOffset(88)] internal long BirthNanoseconds;
    [FieldOffset(96)] internal long Size;
}
