using Microsoft.Win32.SafeHandles;

namespace Segvault.Engines.Tantivy;

/// <summary>Reads the footer of a file without reading the rest.</summary>
internal static class TantivyFooterReader
{
    // Footers of 92 to 94 bytes are usual; a longer one costs a second read.
    private const int UsualLength = 256;

    /// <summary>Null when there is none that can be understood; <paramref name="problem"/> then says why.</summary>
    public static TantivyFooter? Read(SafeFileHandle file, long fileLength, out string? problem)
    {
        byte[] tail = ReadTail(file, fileLength, UsualLength);
        if (TantivyFooter.MeasureLength(tail, fileLength, out problem) is not { } length)
            return null;
        if (length > tail.Length)
            tail = ReadTail(file, fileLength, length);
        if (length <= tail.Length)
            return TantivyFooter.Parse(tail.AsSpan(tail.Length - length), out problem);
        problem = TantivyFooter.NoFooter;
        return null;
    }

    private static byte[] ReadTail(SafeFileHandle file, long fileLength, int length)
    {
        byte[] tail = new byte[(int)Math.Min(fileLength, length)];
        long start = fileLength - tail.Length;
        int done = 0;
        while (done < tail.Length && RandomAccess.Read(file, tail.AsSpan(done), start + done) is > 0 and var read)
            done += read;
        return done == tail.Length ? tail : tail[..done];
    }
}
