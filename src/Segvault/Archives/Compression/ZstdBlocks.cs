using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Segvault.Archives.Compression;

/// <summary>
/// Blocks as zstd frames (RFC 8878) with checksums, each behind a skippable frame with its length and the plain length. The file begins with an empty
/// frame, because that is what other programs know zstd by, in a spelling that nobody else uses. A skippable frame at the end records the file's length.
/// </summary>
internal sealed class ZstdBlocks(int level) : BlockFormat
{
    private readonly ConcurrentBag<Compressor> _compressors = [];
    private readonly ConcurrentBag<Decompressor> _decompressors = [];

    /// <summary>A frame of no bytes whose content size is spelt in four bytes, and its checksum.</summary>
    private static readonly byte[] OpeningFrame = [0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0, 0, 0, 0, 1, 0, 0, 0x99, 0xe9, 0xd8, 0x51];

    /// <summary>A skippable frame of eight bytes: the length of the next frame, and of its content.</summary>
    private static ReadOnlySpan<byte> BlockPrefix => [0x50, 0x2a, 0x4d, 0x18, 8, 0, 0, 0];

    private static ReadOnlySpan<byte> EndPrefix => [0x50, 0x2a, 0x4d, 0x18, 16, 0, 0, 0, (byte)'S', (byte)'E', (byte)'G', (byte)'V', (byte)'A', (byte)'U', (byte)'L', (byte)'T'];

    /// <summary>Whether a file that begins so is Segvault's.</summary>
    public static bool IsStart(ReadOnlySpan<byte> start) => start.StartsWith(OpeningFrame.AsSpan(0, start.Length));

    public override string BlockName => "zstd frame";

    public override int PlainLength => 2 * 1024 * 1024;

    public override ReadOnlyMemory<byte> Opening => OpeningFrame;

    public override int HeaderLength => BlockPrefix.Length + (2 * sizeof(uint));

    public override int EndMarkLength => EndPrefix.Length + sizeof(ulong);

    public override int GetBound(int plainLength) => HeaderLength + Compressor.GetCompressBound(plainLength);

    public override int Encode(ReadOnlySpan<byte> plain, Memory<byte> stored)
    {
        var compressor = _compressors.TryTake(out var idle) ? idle : NewCompressor();
        var block = stored.Span;
        var length = compressor.Wrap(plain, block[HeaderLength..]);
        _compressors.Add(compressor);
        BlockPrefix.CopyTo(block);
        BinaryPrimitives.WriteUInt32LittleEndian(block[BlockPrefix.Length..], (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(block[(BlockPrefix.Length + 4)..], (uint)plain.Length);
        return HeaderLength + length;
    }

    public override void Decode(ReadOnlyMemory<byte> stored, Span<byte> plain)
    {
        var frame = stored.Span[HeaderLength..];
        ZstdFrames.CheckHeader(frame);
        var decompressor = _decompressors.TryTake(out var idle) ? idle : ZstdFrames.NewDecompressor();
        try
        {
            decompressor.ResetStream();

            // One frame, however many there are: a call never goes on into the next.
            var status = decompressor.UnwrapStream(frame, plain, out var consumed, out var written);
            if (status is not OperationStatus.Done || consumed != frame.Length || written != plain.Length)
                throw new ArchiveFormatException("has a zstd frame that does not have the lengths it records");
        }
        catch (ZstdException exception)
        {
            throw ZstdFrames.Damaged(exception);
        }
        finally
        {
            _decompressors.Add(decompressor);
        }
    }

    public override int? ReadHeader(ReadOnlySpan<byte> header)
    {
        if (!header.StartsWith(BlockPrefix))
            return null;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header[BlockPrefix.Length..]);
        return length is > 0 and <= LongestStored
            ? HeaderLength + (int)length
            : throw new ArchiveFormatException($"has a zstd frame that claims a length of {length} bytes");
    }

    public override uint ReadPlainLength(ReadOnlySpan<byte> stored) => BinaryPrimitives.ReadUInt32LittleEndian(stored[(BlockPrefix.Length + 4)..]);

    public override bool IsEndMark(ReadOnlySpan<byte> header) => header.StartsWith(EndPrefix[..HeaderLength]);

    public override byte[] MakeEndMark(long fileLength)
    {
        var mark = new byte[EndMarkLength];
        EndPrefix.CopyTo(mark);
        BinaryPrimitives.WriteInt64LittleEndian(mark.AsSpan(EndPrefix.Length), fileLength);
        return mark;
    }

    public override void Dispose()
    {
        foreach (var compressor in _compressors)
            compressor.Dispose();
        foreach (var decompressor in _decompressors)
            decompressor.Dispose();
    }

    private Compressor NewCompressor()
    {
        var compressor = new Compressor(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return compressor;
    }
}
