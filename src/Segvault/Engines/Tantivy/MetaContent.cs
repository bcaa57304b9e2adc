using Segvault.IO;

namespace Segvault.Engines.Tantivy;

/// <summary>The bytes of <c>meta.json</c> as they were at one instant: Tantivy only ever replaces the file by renaming another over it.</summary>
internal sealed record MetaContent(byte[] Bytes, FileStatus Status)
{
    // A thousand segments take 200 KB. More than this is no meta.json.
    private const long MaxLength = 256 * 1024 * 1024;

    /// <summary>Null when there is none.</summary>
    public static MetaContent? TryRead(string directory)
    {
        string path = System.IO.Path.Combine(directory, TantivyFileName.Meta);
        try
        {
            if (FileStatus.TryRead(path) is not { } named)
                return null;
            if (named.Kind != FileKind.Regular)
                throw MetaFile.Damaged(path, IndexDirectory.DescribeOddKind(named.Kind));

            using var file = SourceFile.OpenRead(path);
            var status = FileStatus.Read(file);
            if (status.Length > MaxLength)
                throw MetaFile.Damaged(path, $"has {status.Length} bytes, which no index needs");
            byte[] bytes = new byte[status.Length];
            int length = 0;
            while (length < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(length), length) is > 0 and var read)
                length += read;
            return length == bytes.Length ? new MetaContent(bytes, status) : throw IndexDirectory.Vanished(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw IndexDirectory.MayNotRead(path, e);
        }
        catch (IOException e)
        {
            throw IndexDirectory.CannotRead(path, e);
        }
    }

    /// <summary>Reads what it says. <paramref name="directory"/> is for messages.</summary>
    public MetaFile Parse(string directory) => MetaFile.Parse(Bytes, System.IO.Path.Combine(directory, TantivyFileName.Meta));
}
