using System.Buffers;
using System.Buffers.Binary;
using ZstdSharp;

namespace Segvault.Archives.Compression;

/// <summary>Reads zstd frames that other programs made, one after another.</summary>
internal sealed class ZstdSource(Stream file) : PlainSource(file)
{
    private const int MagicLength = 4;

    private readonly PooledBytes _buffer = PooledBytes.Rent(128 * 1024);
    private readonly Decompressor _decompressor = ZstdFrames.NewDecompressor();
    private int _start;
    private int _end;
    private bool _inFrame;
    private bool _disposed;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!_inFrame && !await BeginFrameAsync(cancellationToken).ConfigureAwait(false))
                return 0;
            if (Decompress(buffer.Span) is var length and > 0)
                return length;

            // Nothing came out, so everything that was there is inside the decompressor, or the frame has ended.
            if (_inFrame && !await FillAsync(1, cancellationToken).ConfigureAwait(false))
                throw Cut();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _buffer.Dispose();
            _decompressor.Dispose();
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Goes to the next frame with content; false at the end of the file.</summary>
    private async ValueTask<bool> BeginFrameAsync(CancellationToken cancellationToken)
    {
        while (await FillAsync(1, cancellationToken).ConfigureAwait(false))
        {
            var whole = await FillAsync(MagicLength, cancellationToken).ConfigureAwait(false);
            var magic = whole ? BinaryPrimitives.ReadUInt32LittleEndian(_buffer.Span[_start..]) : 0;
            if (!whole || (magic != ZstdFrames.Magic && !ZstdFrames.IsSkippable(magic)))
                throw new ArchiveFormatException($"has bytes after its end that are no zstd frame, at offset {BytesRead - (_end - _start)}");
            if (ZstdFrames.IsSkippable(magic))
            {
                await SkipFrameAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            // A shorter frame than the longest header is whole already.
            await FillAsync(ZstdFrames.LongestHeader, cancellationToken).ConfigureAwait(false);
            ZstdFrames.CheckHeader(_buffer.Span[_start.._end]);
            _decompressor.ResetStream();
            _inFrame = true;
            return true;
        }

        return false;
    }

    private async ValueTask SkipFrameAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(2 * MagicLength, cancellationToken).ConfigureAwait(false))
            throw Cut();
        long left = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.Span[(_start + MagicLength)..]);
        _start += 2 * MagicLength;
        while (left > 0)
        {
            if (!await FillAsync(1, cancellationToken).ConfigureAwait(false))
                throw Cut();
            var length = (int)Math.Min(left, _end - _start);
            _start += length;
            left -= length;
        }
    }

    private int Decompress(Span<byte> destination)
    {
        try
        {
            var status = _decompressor.UnwrapStream(_buffer.Span[_start.._end], destination, out var consumed, out var written);
            _start += consumed;
            _inFrame = status is not OperationStatus.Done;
            return written;
        }
        catch (ZstdException exception)
        {
            throw ZstdFrames.Damaged(exception);
        }
    }

    /// <summary>Makes at least so many bytes available; false when the file ends before that.</summary>
    private async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        if (_end - _start >= wanted)
            return true;
        _buffer.Span[_start.._end].CopyTo(_buffer.Span);
        _end -= _start;
        _start = 0;
        var length = await File.ReadAtLeastAsync(_buffer.Memory[_end..], wanted - _end, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        _end += length;
        BytesRead += length;
        return _end >= wanted;
    }

    private static ArchiveFormatException Cut() => new("ends in the middle of a zstd frame");
}
