using Microsoft.Win32.SafeHandles;

namespace Segvault.IO;

/// <summary>Makes writes survive a power cut, with errors seen: .NET on Linux hides those of fsync.</summary>
internal static class Durable
{
    /// <summary>Flushes a file's content and metadata to its device.</summary>
    public static void Sync(SafeFileHandle file, string path) => throw new NotSupportedException("stub");

    /// <summary>Flushes the entries of a directory: names created, renamed and deleted in it. Does nothing on Windows.</summary>
    public static void SyncDirectory(string path) => throw new NotSupportedException("stub");
}
