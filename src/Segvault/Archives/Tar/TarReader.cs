using Segvault.Archives.Compression;

namespace Segvault.Archives.Tar;

/// <summary>
/// Reads a tar of any kind (V7, ustar, pax, GNU), strictly: where tools understand the same bytes differently, it refuses them. It does not judge names.
/// </summary>
internal sealed class TarReader(Func<Memory<byte>, CancellationToken, ValueTask<int>> read)
{
    /// <summary>What headers before one member may take up together, and a sparse map after it.</summary>
    private const int LargestExtras = 1024 * 1024;

    /// <summary>Zeros after the end that fill up the last record of a tape. Real records have a few kilobytes.</summary>
    private const int LargestRecordPadding = 16 * 1024 * 1024;

    private readonly byte[] _block = new byte[TarFormat.BlockLength];
    private PaxRecords _global = PaxRecords.Empty;
    private long _left;
    private int _padding;
    private bool _ended;

    /// <summary>
    /// The next member, after skipping what was not read of the one before; null at the end of the tar, when what is read was read to its end too.
    /// A directory's name comes without the slash at its end.
    /// </summary>
    /// <exception cref="ArchiveFormatException">The bytes are no tar, or it ends before its end.</exception>
    public async ValueTask<TarMember?> NextAsync(CancellationToken cancellationToken)
    {
        if (_ended)
            return null;
        await SkipAsync(_left, cancellationToken).ConfigureAwait(false);
        _left = 0;
        await SkipAsync(_padding, cancellationToken).ConfigureAwait(false);
        _padding = 0;
        var extras = new TarExtras();
        while (await ReadHeaderAsync(cancellationToken).ConfigureAwait(false))
        {
            var header = new TarHeader(_block);
            if (!TarExtras.IsExtra(header.Type))
                return await BeginAsync(extras, cancellationToken).ConfigureAwait(false);
            var type = header.Type;
            var content = await ReadExtraAsync(header.Size, extras.Room(LargestExtras), cancellationToken).ConfigureAwait(false);
            if (extras.Add(type, content) is { } global)
                _global = global.Over(_global);
        }

        if (!extras.IsEmpty)
            throw new ArchiveFormatException("has a header for a member that does not come");
        await ReadEndAsync(cancellationToken).ConfigureAwait(false);
        _ended = true;
        return null;
    }

    /// <summary>Content of the member; 0 at its end.</summary>
    /// <exception cref="ArchiveFormatException">The tar ends in the middle of the member.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_left == 0 || buffer.IsEmpty)
            return 0;
        var length = await read(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken).ConfigureAwait(false);
        if (length == 0)
            throw new ArchiveFormatException("ends in the middle of a member of the tar");
        _left -= length;
        return length;
    }

    private async ValueTask<TarMember> BeginAsync(TarExtras extras, CancellationToken cancellationToken)
    {
        var member = TarMembers.Describe(new TarHeader(_block), extras, _global);
        if (new TarHeader(_block) is { Type: 'S', SparseMapContinues: true })
            await SkipSparseMapAsync(cancellationToken).ConfigureAwait(false);
        _left = member.Length;
        _padding = TarFormat.Padding(member.Length);
        return member;
    }

    /// <summary>Reads a block; false when it is the first of the end.</summary>
    private async ValueTask<bool> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        var length = await FillAsync(_block, cancellationToken).ConfigureAwait(false);
        if (length < _block.Length)
            throw new ArchiveFormatException(length == 0 ? "ends without the end of a tar" : "ends in the middle of a tar header");
        return _block.AsSpan().ContainsAnyExcept((byte)0);
    }

    private async ValueTask<byte[]> ReadExtraAsync(long length, int room, CancellationToken cancellationToken)
    {
        if (length > room)
            throw new ArchiveFormatException($"has more than {LargestExtras / 1024} KiB of headers for one member");
        var content = new byte[length];
        await ReadWholeAsync(content, cancellationToken).ConfigureAwait(false);
        await SkipAsync(TarFormat.Padding(length), cancellationToken).ConfigureAwait(false);
        return content;
    }

    private async ValueTask SkipSparseMapAsync(CancellationToken cancellationToken)
    {
        var total = 0;
        do
        {
            await ReadWholeAsync(_block, cancellationToken).ConfigureAwait(false);
            total += _block.Length;
            if (total > LargestExtras)
                throw new ArchiveFormatException("has a sparse file with an endless map");
        }
        while (_block[TarFormat.SparseMapContinuesOffset] != 0);
    }

    private async ValueTask ReadEndAsync(CancellationToken cancellationToken)
    {
        if (await ReadHeaderAsync(cancellationToken).ConfigureAwait(false))
            throw new ArchiveFormatException("has a tar that goes on behind a block of zeros");
        var buffer = new byte[64 * 1024];
        long padding = 0;
        int length;
        while ((length = await read(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (buffer.AsSpan(0, length).ContainsAnyExcept((byte)0))
                throw new ArchiveFormatException("has something behind the end of its tar");
            padding += length;
            if (padding > LargestRecordPadding)
                throw new ArchiveFormatException($"has more than {LargestRecordPadding / (1024 * 1024)} MiB of zeros behind the end of its tar");
        }
    }

    private async ValueTask SkipAsync(long length, CancellationToken cancellationToken)
    {
        if (length == 0)
            return;
        using var buffer = PooledBytes.Rent((int)Math.Min(length, 128 * 1024));
        while (length > 0)
        {
            var part = (int)Math.Min(length, buffer.Length);
            await ReadWholeAsync(buffer.Memory[..part], cancellationToken).ConfigureAwait(false);
            length -= part;
        }
    }

    private async ValueTask ReadWholeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (await FillAsync(buffer, cancellationToken).ConfigureAwait(false) < buffer.Length)
            throw new ArchiveFormatException("ends in the middle of a member of the tar");
    }

    private async ValueTask<int> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var total = 0;
        while (total < buffer.Length && await read(buffer[total..], cancellationToken).ConfigureAwait(false) is > 0 and var length)
            total += length;
        return total;
    }
}
