using Segvault.Chunks;

namespace Segvault.Archives.Compression;

/// <summary>
/// Compresses a stream of bytes on all cores, block by block. What is compressed is decompressed again and compared before it is handed over:
/// a defect of a compressor or of memory is found while the source is still at hand. The same bytes give the same file.
/// </summary>
internal sealed class CompressedWriter : IAsyncDisposable
{
    private readonly BlockFormat _format;
    private readonly Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> _put;
    private readonly BlocksInFlight _inFlight = new();
    private PooledBytes? _plain;
    private int _filled;
    private bool _begun;
    private bool _usable = true;

    private CompressedWriter(BlockFormat format, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> put)
    {
        _format = format;
        _put = put;
    }

    /// <summary>Compressed bytes handed over so far.</summary>
    public long BytesWritten { get; private set; }

    /// <param name="format">How to compress.</param>
    /// <param name="level">One of <see cref="CompressionLevels.Range"/>; null for the default.</param>
    /// <param name="put">Is given the compressed bytes, in order, one call after another. The memory is only lent.</param>
    public static CompressedWriter Create(ArchiveFormat format, int? level, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> put)
    {
        var (lowest, highest) = CompressionLevels.Range(format);
        var chosen = level ?? CompressionLevels.Default(format);
        ArgumentOutOfRangeException.ThrowIfLessThan(chosen, lowest, nameof(level));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chosen, highest, nameof(level));
        return new CompressedWriter(format is ArchiveFormat.TarGz ? new GzipBlocks(chosen) : new ZstdBlocks(chosen), put);
    }

    /// <exception cref="ChunkCodecException">A block did not decompress to what it was made from.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Begin();
        while (!bytes.IsEmpty)
        {
            var plain = _plain ??= PooledBytes.Rent(_format.PlainLength);
            var length = Math.Min(bytes.Length, plain.Length - _filled);
            bytes.Span[..length].CopyTo(plain.Span[_filled..]);
            bytes = bytes[length..];
            _filled += length;
            if (_filled == plain.Length)
                await SubmitAsync(cancellationToken).ConfigureAwait(false);
        }

        _usable = true;
    }

    /// <summary>Ends the block: what comes next can be damaged without what came before becoming unreadable.</summary>
    public async ValueTask EndBlockAsync(CancellationToken cancellationToken)
    {
        Begin();
        if (_filled > 0)
            await SubmitAsync(cancellationToken).ConfigureAwait(false);
        _usable = true;
    }

    /// <summary>Hands over everything, and the end mark. Nothing can be written afterwards.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Begin();
        if (_filled > 0)
            await SubmitAsync(cancellationToken).ConfigureAwait(false);
        while (!_inFlight.IsEmpty)
            await PutNextAsync(cancellationToken).ConfigureAwait(false);
        await PutOpeningAsync(cancellationToken).ConfigureAwait(false);
        await PutAsync(_format.MakeEndMark(BytesWritten + _format.EndMarkLength), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until nothing is under way any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _usable = false;
        await _inFlight.DisposeAsync().ConfigureAwait(false);
        _plain?.Dispose();
        _plain = null;
        _format.Dispose();
    }

    /// <summary>A call that did not come to its end may have lost a block: nothing may be added after it.</summary>
    private void Begin()
    {
        if (!_usable)
            throw new InvalidOperationException("This writer was completed, failed, or was disposed.");
        _usable = false;
    }

    private async ValueTask SubmitAsync(CancellationToken cancellationToken)
    {
        while (_inFlight.IsFull || _inFlight.IsNextReady)
            await PutNextAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var plain = _plain!.Value.Shorten(_filled);
        _plain = null;
        _filled = 0;
        _inFlight.Add(() => Encode(plain, _format));
    }

    private async ValueTask PutNextAsync(CancellationToken cancellationToken)
    {
        using var block = await _inFlight.TakeAsync().ConfigureAwait(false);
        await PutOpeningAsync(cancellationToken).ConfigureAwait(false);
        await PutAsync(block.Memory, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask PutOpeningAsync(CancellationToken cancellationToken)
    {
        if (!_begun && !_format.Opening.IsEmpty)
            await PutAsync(_format.Opening, cancellationToken).ConfigureAwait(false);
        _begun = true;
    }

    private async ValueTask PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _put(bytes, cancellationToken).ConfigureAwait(false);
        BytesWritten += bytes.Length;
    }

    private static PooledBytes Encode(PooledBytes plain, BlockFormat format)
    {
        using var source = plain;
        using var scratch = PooledBytes.Rent(plain.Length);
        var stored = PooledBytes.Rent(format.GetBound(plain.Length));
        try
        {
            var block = stored.Shorten(format.Encode(plain.Span, stored.Memory));
            var header = format.ReadHeader(block.Span);
            format.Decode(block.Memory, scratch.Span);
            if (header != block.Length || format.ReadPlainLength(block.Span) != plain.Length || !scratch.Span.SequenceEqual(plain.Span))
                throw Mismatch();
            return block;
        }
        catch (Exception exception)
        {
            stored.Dispose();
            throw exception is ArchiveFormatException ? Mismatch(exception) : exception;
        }
    }

    private static ChunkCodecException Mismatch(Exception? inner = null) =>
        new("Compressed bytes did not decompress to what they were made from. The computer's memory may be faulty.", inner);
}
