using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Segvault.IO.Native;

[SupportedOSPlatform("windows")]
internal static partial class Kernel32
{
    internal const uint ReadAttributes = 0x80;
    internal const uint GenericRead = 0x80000000;
    internal const uint GenericWrite = 0x40000000;
    internal const uint ShareAll = 1 | 2 | 4;
    internal const uint OpenExisting = 3;
    internal const uint OpenAlways = 4;
    internal const uint BackupSemantics = 0x02000000;
    internal const uint OpenReparsePoint = 0x00200000;
    internal const uint ReplaceExisting = 1;
    internal const uint WriteThrough = 8;
    internal const uint LockExclusive = 2;
    internal const uint LockFailImmediately = 1;
    internal const int AttributeTagInfo = 9;

    private const string Library = "kernel32";

    /// <summary>Opens a file that everybody else may go on reading, writing, renaming and deleting.</summary>
    internal static SafeFileHandle Open(string path, uint access, uint creation, uint flags) =>
        CreateFile(Extended(path), access, ShareAll, 0, creation, flags, 0);

    /// <summary>A form of a path that may be longer than 260 characters, without asking for a setting of the system.</summary>
    internal static string Extended(string path)
    {
        string full = Path.GetFullPath(path);
        if (full.Length < 240 || full.StartsWith(@"\\?\", StringComparison.Ordinal) || full.StartsWith(@"\\.\", StringComparison.Ordinal))
            return full;
        return full.StartsWith(@"\\", StringComparison.Ordinal) ? string.Concat(@"\\?\UNC\", full.AsSpan(2)) : @"\\?\" + full;
    }

    [LibraryImport(Library, EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateFile(string path, uint access, uint share, nint security, uint creation, uint flags, nint template);

    [LibraryImport(Library, EntryPoint = "MoveFileExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Move(string from, string to, uint flags);

    [LibraryImport(Library, EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool CreateHardLink(string link, string existing, nint security);

    [LibraryImport(Library, EntryPoint = "FlushFileBuffers", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Flush(SafeFileHandle file);

    [LibraryImport(Library, EntryPoint = "LockFileEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Lock(SafeFileHandle file, uint flags, uint reserved, uint lengthLow, uint lengthHigh, ref LockOffset offset);

    [LibraryImport(Library, EntryPoint = "UnlockFileEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Unlock(SafeFileHandle file, uint reserved, uint lengthLow, uint lengthHigh, ref LockOffset offset);

    [LibraryImport(Library, EntryPoint = "GetFileInformationByHandle", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetInformation(SafeFileHandle file, out FileInformation information);

    [LibraryImport(Library, EntryPoint = "GetFileInformationByHandleEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetAttributeTag(SafeFileHandle file, int kind, out AttributeTag tag, int size);

    [LibraryImport(Library, EntryPoint = "GetDiskFreeSpaceExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetFreeSpace(string directory, out ulong available, out ulong total, out ulong free);

    /// <summary><c>OVERLAPPED</c>, used for its offset only.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LockOffset
    {
        internal nuint Internal;
        internal nuint InternalHigh;
        internal uint Low;
        internal uint High;
        internal nint Event;
    }

    /// <summary><c>BY_HANDLE_FILE_INFORMATION</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FileInformation
    {
        internal uint Attributes;
        internal FileTime Created;
        internal FileTime Accessed;
        internal FileTime Modified;
        internal uint Volume;
        internal uint SizeHigh;
        internal uint SizeLow;
        internal uint Links;
        internal uint IndexHigh;
        internal uint IndexLow;
    }

    /// <summary><c>FILETIME</c>: 100 ns since 1601, in halves that need no alignment.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FileTime
    {
        internal uint Low;
        internal uint High;

        internal readonly DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromFileTime((long)(((ulong)High << 32) | Low)).ToUniversalTime();
    }

    /// <summary><c>FILE_ATTRIBUTE_TAG_INFO</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct AttributeTag
    {
        internal uint Attributes;
        internal uint ReparseTag;
    }
}
