using Microsoft.Win32.SafeHandles;

namespace Segvault.Archives.Compression;

/// <summary>What the end of an archive says.</summary>
internal enum EndMark
{
    /// <summary>Not made by Segvault: there is no mark to be found.</summary>
    None,

    /// <summary>The mark is there, and the file has the length that it records.</summary>
    Whole,

    /// <summary>The file was made by Segvault and does not end as it was made.</summary>
    Cut,
}

/// <summary>A cheap look at a file's beginning and end, without decompressing.</summary>
internal static class ArchiveEnd
{
    public static EndMark Look(SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        BlockFormat? format = FileSignature.Recognise(Read(file, 0, FileSignature.Length)) switch
        {
            FileKind.GzipBlocks => new GzipBlocks(CompressionLevels.Default(ArchiveFormat.TarGz)),
            FileKind.ZstdBlocks => new ZstdBlocks(CompressionLevels.Default(ArchiveFormat.TarZst)),
            _ => null,
        };
        if (format is null)
            return EndMark.None;
        using (format)
        {
            var mark = format.MakeEndMark(length);
            return length >= mark.Length && Read(file, length - mark.Length, mark.Length).AsSpan().SequenceEqual(mark) ? EndMark.Whole : EndMark.Cut;
        }
    }

    private static byte[] Read(SafeFileHandle file, long offset, int length)
    {
        var buffer = new byte[length];
        var total = 0;
        int read;
        while (total < length && (read = RandomAccess.Read(file, buffer.AsSpan(total), offset + total)) > 0)
            total += read;
        return buffer[..total];
    }
}
