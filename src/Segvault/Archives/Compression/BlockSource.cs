using System.Runtime.ExceptionServices;

namespace Segvault.Archives.Compression;

/// <summary>Reads what <see cref="CompressedWriter"/> wrote, several blocks at a time.</summary>
internal sealed class BlockSource(Stream file, BlockFormat format) : PlainSource(file)
{
    private readonly BlocksInFlight _inFlight = new();
    private PooledBytes? _current;
    private int _taken;
    private bool _ended;
    private ExceptionDispatchInfo? _failure;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_current is { } current)
            {
                var length = Math.Min(buffer.Length, current.Length - _taken);
                current.Span.Slice(_taken, length).CopyTo(buffer.Span);
                _taken += length;
                if (_taken == current.Length)
                {
                    current.Dispose();
                    _current = null;
                }

                if (length > 0)
                    return length;
            }

            await ReadAheadAsync(cancellationToken).ConfigureAwait(false);
            if (!_inFlight.IsEmpty)
            {
                _current = await _inFlight.TakeAsync().ConfigureAwait(false);
                _taken = 0;
            }
            else
            {
                _failure?.Throw();
                return 0;
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _inFlight.DisposeAsync().ConfigureAwait(false);
        _current?.Dispose();
        _current = null;
        format.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Keeps the cores busy. What is wrong further on is told when everything before it was read.</summary>
    private async ValueTask ReadAheadAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!_ended && _failure is null && !_inFlight.IsFull)
                await ReadBlockAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ArchiveFormatException or IOException)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
        }
    }

    private async ValueTask ReadBlockAsync(CancellationToken cancellationToken)
    {
        if (BytesRead == 0 && !format.Opening.IsEmpty)
            await FillAsync(new byte[format.Opening.Length], cancellationToken).ConfigureAwait(false);
        var header = new byte[format.HeaderLength];
        await FillAsync(header, cancellationToken).ConfigureAwait(false);
        if (format.IsEndMark(header))
        {
            await ReadEndAsync(header, cancellationToken).ConfigureAwait(false);
            return;
        }

        var length = format.ReadHeader(header) ?? throw new ArchiveFormatException($"has bytes at offset {BytesRead - header.Length} that are no {format.BlockName} of this archive");
        if (length > File.Length - BytesRead + header.Length)
            throw Cut();
        var stored = PooledBytes.Rent(length);
        try
        {
            header.CopyTo(stored.Memory);
            await FillAsync(stored.Memory[header.Length..], cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            stored.Dispose();
            throw;
        }

        _inFlight.Add(() => Decode(stored, format));
    }

    private async ValueTask ReadEndAsync(byte[] header, CancellationToken cancellationToken)
    {
        var found = new byte[format.EndMarkLength];
        header.CopyTo(found, 0);
        await FillAsync(found.AsMemory(header.Length), cancellationToken).ConfigureAwait(false);
        if (!found.AsSpan().SequenceEqual(format.MakeEndMark(BytesRead)))
            throw new ArchiveFormatException("has an end mark that does not fit its length: something was cut out or put in");
        if (await File.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) != 0)
            throw new ArchiveFormatException($"has {File.Length - BytesRead} bytes after its end");
        _ended = true;
    }

    private async ValueTask FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var length = await File.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        BytesRead += length;
        if (length < buffer.Length)
            throw Cut();
    }

    private static ArchiveFormatException Cut() => new("is cut off: its end is missing");

    private static PooledBytes Decode(PooledBytes stored, BlockFormat format)
    {
        using var block = stored;
        var claimed = format.ReadPlainLength(block.Span);
        if (claimed > BlockFormat.LongestPlain)
            throw new ArchiveFormatException($"has a {format.BlockName} that claims to hold {claimed} bytes");
        var plain = PooledBytes.Rent((int)claimed);
        try
        {
            format.Decode(block.Memory, plain.Span);
            return plain;
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }
}
