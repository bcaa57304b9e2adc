using System.IO.Compression;

namespace Segvault.Archives.Compression;

/// <summary>Reads gzip members that other programs made, one after another. zlib checks headers, CRC-32s and lengths.</summary>
internal sealed class GzipSource : PlainSource
{
    private readonly FileFeed _feed;
    private readonly GZipStream _inflater;
    private bool _ended;

    public GzipSource(Stream file)
        : base(file)
    {
        _feed = new FileFeed(File);
        _inflater = new GZipStream(_feed, CompressionMode.Decompress);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_ended)
            return 0;
        try
        {
            var length = await _inflater.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            BytesRead = _feed.BytesRead;
            if (length > 0)
                return length;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException && !_feed.Failed)
        {
            // A cut member can also be one that swallowed the byte behind the end and found it wrong.
            throw _feed.End is FileFeedEnd.NotReached ? new ArchiveFormatException("has a gzip member that does not decompress", exception) : Cut(exception);
        }

        _ended = true;
        return _feed.End switch
        {
            FileFeedEnd.Marked => 0,
            FileFeedEnd.Passed => throw Cut(),
            _ => throw new ArchiveFormatException("has bytes after its end that are no gzip member"),
        };
    }

    public override async ValueTask DisposeAsync()
    {
        await _inflater.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private static ArchiveFormatException Cut(Exception? inner = null) => new("ends in the middle of a gzip member", inner);
}
