using Microsoft.Win32.SafeHandles;

namespace Segvault.Archives.Compression;

/// <summary>What the end of an archive says.</summary>
internal enum EndMark
{
    /// <summary>No mark is to be found: not made by Segvault.</summary>
    None,

    /// <summary>The mark is there, and the file has the length it records.</summary>
    Whole,

    /// <summary>The file was made by Segvault, and its end is missing.</summary>
    Cut,
}

/// <summary>A cheap look at a file's end, without decompressing.</summary>
internal static class ArchiveEnd
{
    public static EndMark Look(SafeFileHandle file) => throw new NotSupportedException();
}
