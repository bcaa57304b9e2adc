namespace Segvault.Archives.Compression;

/// <summary>How far an inflater went at the end of its file.</summary>
internal enum FileFeedEnd
{
    /// <summary>It stopped before the end.</summary>
    NotReached,

    /// <summary>It took everything, was given the byte behind the end, and wanted no more.</summary>
    Marked,

    /// <summary>It swallowed the byte behind the end: it was in the middle of something.</summary>
    Passed,
}

/// <summary>
/// Feeds a file to <see cref="System.IO.Compression.GZipStream"/>, which takes any end of its input for the end of the data, and ignores what follows it.
/// So one zero byte is put behind the file: no member begins with it, so an inflater that has finished stops there, and one that has not asks for more.
/// </summary>
internal sealed class FileFeed(Stream file) : OneWayStream
{
    public FileFeedEnd End { get; private set; }

    /// <summary>Whether what went wrong was reading the file.</summary>
    public bool Failed { get; private set; }

    public long BytesRead { get; private set; }

    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (End is not FileFeedEnd.NotReached)
        {
            End = FileFeedEnd.Passed;
            return 0;
        }

        int length;
        try
        {
            length = await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Failed = true;
            throw;
        }

        if (length == 0)
        {
            End = FileFeedEnd.Marked;
            buffer.Span[0] = 0;
            return 1;
        }

        BytesRead += length;
        return length;
    }
}
