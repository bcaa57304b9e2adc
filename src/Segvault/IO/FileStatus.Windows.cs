using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Segvault.IO.Native;

namespace Segvault.IO;

internal sealed partial record FileStatus
{
    /// <summary>The bit of a reparse tag that says "stands for another name": symbolic links and junctions, but not files that are compressed or in a cloud.</summary>
    private const uint NameSurrogate = 0x20000000;

    [SupportedOSPlatform("windows")]
    private static FileStatus? TryReadOnWindows(string path)
    {
        using SafeFileHandle file = Kernel32.Open(path, Kernel32.ReadAttributes, Kernel32.OpenExisting, Kernel32.BackupSemantics | Kernel32.OpenReparsePoint);
        if (!file.IsInvalid)
            return ReadOnWindows(file, path);
        int error = Marshal.GetLastPInvokeError();
        bool missing = error is Win32Error.FileNotFound or Win32Error.PathNotFound or Win32Error.InvalidName;
        return missing ? null : throw NativeError.For(error, "look at", path);
    }

    [SupportedOSPlatform("windows")]
    private static FileStatus ReadOnWindows(SafeFileHandle file, string path)
    {
        if (!Kernel32.GetInformation(file, out Kernel32.FileInformation information))
            throw NativeError.Last("look at", path);
        return new()
        {
            Kind = KindOf(file, (FileAttributes)information.Attributes),
            Length = (long)(((ulong)information.SizeHigh << 32) | information.SizeLow),
            ModifiedAt = information.Modified.ToDateTimeOffset(),
            CreatedAt = information.Created.ToDateTimeOffset(),
            Identity = new(information.Volume, ((ulong)information.IndexHigh << 32) | information.IndexLow),
            Links = information.Links,
        };
    }

    [SupportedOSPlatform("windows")]
    private static unsafe FileKind KindOf(SafeFileHandle file, FileAttributes attributes)
    {
        if (attributes.HasFlag(FileAttributes.ReparsePoint)
            && Kernel32.GetAttributeTag(file, Kernel32.AttributeTagInfo, out Kernel32.AttributeTag tag, sizeof(Kernel32.AttributeTag))
            && (tag.ReparseTag & NameSurrogate) != 0)
        {
            return FileKind.SymbolicLink;
        }

        if (attributes.HasFlag(FileAttributes.Directory))
            return FileKind.Directory;
        return attributes.HasFlag(FileAttributes.Device) ? FileKind.Other : FileKind.Regular;
    }
}
