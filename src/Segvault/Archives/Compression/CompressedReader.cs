using System.Runtime.ExceptionServices;

namespace Segvault.Archives.Compression;

/// <summary>
/// Reads the plain bytes of a compressed file, whoever made it. Memory stays bounded, and nothing is believed: every checksum and length is compared.
/// </summary>
internal sealed class CompressedReader : IAsyncDisposable
{
    private readonly PlainSource _source;
    private ExceptionDispatchInfo? _failure;

    private CompressedReader(PlainSource source) => _source = source;

    /// <summary>Compressed bytes read so far, which is a little ahead of what they gave.</summary>
    public long BytesRead => _source.BytesRead;

    /// <summary>Finds out from a file's first bytes how it is compressed. The file can seek and is at its beginning; from here on it is the reader's.</summary>
    /// <exception cref="ArchiveFormatException">It is neither gzip nor zstd.</exception>
    public static CompressedReader Open(Stream source)
    {
        try
        {
            Span<byte> start = stackalloc byte[FileSignature.Length];
            start = start[..source.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            source.Position = 0;
            return new CompressedReader(FileSignature.Recognise(start) switch
            {
                FileKind.GzipBlocks => new BlockSource(source, new GzipBlocks(CompressionLevels.Default(ArchiveFormat.TarGz))),
                FileKind.ZstdBlocks => new BlockSource(source, new ZstdBlocks(CompressionLevels.Default(ArchiveFormat.TarZst))),
                FileKind.Gzip => new GzipSource(source),
                FileKind.Zstd => new ZstdSource(source),
                _ => throw new ArchiveFormatException(start.IsEmpty ? "is empty" : "is compressed neither with gzip nor with zstd"),
            });
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads some bytes. Gives 0 only when the file was read to its very end and everything about it is right: checksums, lengths, nothing after the end.
    /// </summary>
    /// <exception cref="ArchiveFormatException">The file is damaged, cut off, or followed by something else.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (buffer.IsEmpty)
            throw new ArgumentException("There is no room to read into.", nameof(buffer));
        _failure?.Throw();
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await _source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // A codec that was interrupted may have lost bytes: what comes after must not look like the rest.
            _failure = ExceptionDispatchInfo.Capture(exception);
            throw;
        }
    }

    /// <summary>Waits until nothing is under way any more, and closes the file.</summary>
    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
