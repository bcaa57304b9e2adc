using Microsoft.Win32.SafeHandles;

namespace Segvault.IO;

/// <summary>Opens files that are somebody else's, disturbing nobody.</summary>
internal static class SourceFile
{
    /// <summary>
    /// Opens a regular file for reading: takes no lock, follows no symbolic link at the last component, does not wait on a FIFO, shares everything
    /// (read, write, delete) on Windows. Throws <see cref="FileNotFoundException"/>, <see cref="UnauthorizedAccessException"/>
    /// (naming the file's owner), or <see cref="IOException"/>; errno EMFILE or ENFILE gives <see cref="TooManyOpenFilesException"/>.
    /// </summary>
    public static SafeFileHandle OpenRead(string path) => throw new NotSupportedException("stub");

    /// <summary>How many more files this process may open now, at most; <see cref="int.MaxValue"/> where there is no limit.</summary>
    public static int CountFreeHandles() => throw new NotSupportedException("stub");
}

/// <summary>The process or the system has no file handle left.</summary>
internal sealed class TooManyOpenFilesException(string message) : IOException(message);
