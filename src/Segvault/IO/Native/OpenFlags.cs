using System.Runtime.InteropServices;

namespace Segvault.IO.Native;

/// <summary>How to open a file; every descriptor is closed on exec.</summary>
[Flags]
internal enum OpenFlags
{
    ReadOnly = 0,
    ReadWrite = 2,
    Create = 0x10,
    Exclusive = 0x20,
    NonBlocking = 0x40,
    NoFollow = 0x80,
    Directory = 0x100,
}

internal static class OpenFlagsExtensions
{
    /// <summary>The numbers of this system and processor. Sources: <c>asm-generic/fcntl.h</c> and those of arm and powerpc; <c>sys/fcntl.h</c> of macOS.</summary>
    public static int ToNative(this OpenFlags flags)
    {
        bool mac = OperatingSystem.IsMacOS();
        bool other = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le;
        int native = (int)(flags & OpenFlags.ReadWrite) | (mac ? 0x1000000 : 0x80000);
        if (flags.HasFlag(OpenFlags.Create))
            native |= mac ? 0x200 : 0x40;
        if (flags.HasFlag(OpenFlags.Exclusive))
            native |= mac ? 0x800 : 0x80;
        if (flags.HasFlag(OpenFlags.NonBlocking))
            native |= mac ? 0x4 : 0x800;
        if (flags.HasFlag(OpenFlags.NoFollow))
            native |= mac ? 0x100 : other ? 0x8000 : 0x20000;
        if (flags.HasFlag(OpenFlags.Directory))
            native |= mac ? 0x100000 : other ? 0x4000 : 0x10000;
        return native;
    }
}
