using Microsoft.Win32.SafeHandles;
using Segvault.Engines;
using Segvault.IO;

namespace Segvault.Restore;

/// <summary>Reads open files from their beginning to their end.</summary>
internal static class FileContent
{
    private const int BufferLength = 512 * 1024;

    public static void Copy(SafeFileHandle source, SafeFileHandle destination)
    {
        long offset = 0;
        Read(
            source,
            bytes =>
            {
                RandomAccess.Write(destination, bytes, offset);
                offset += bytes.Length;
            },
            CancellationToken.None);
    }

    /// <summary>The verdict on a file's content, which is copied on the way when there is somewhere to copy it to.</summary>
    public static ContentVerdict Check(SafeFileHandle source, ContentCheck check, SafeFileHandle? copy, CancellationToken cancellationToken)
    {
        using var content = new CheckedContent(check);
        Read(
            source,
            bytes =>
            {
                if (copy is not null)
                    RandomAccess.Write(copy, bytes, content.Length);
                content.Append(bytes);
            },
            cancellationToken);
        return content.Complete();
    }

    private static void Read(SafeFileHandle file, Action<ReadOnlySpan<byte>> receive, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferLength];
        var ahead = default(ReadAhead);
        long offset = 0;
        while (true)
        {
            ahead.Reading(file, offset);
            var read = RandomAccess.Read(file, buffer, offset);
            if (read == 0)
                return;
            cancellationToken.ThrowIfCancellationRequested();
            receive(buffer.AsSpan(0, read));
            offset += read;
        }
    }
}
