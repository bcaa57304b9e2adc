using System.Buffers.Binary;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Segvault.Archives.Compression;

/// <summary>What is asked of a zstd frame, whoever made it.</summary>
internal static class ZstdFrames
{
    public const uint Magic = 0xfd2fb528;

    /// <summary>The longest header that a frame can have.</summary>
    public const int LongestHeader = 18;

    private const int ShortestHeader = 6;

    /// <summary>A frame may want this much memory to be decompressed, as a power of two: what the zstd command allows too.</summary>
    private const int LargestWindowLog = 27;

    public static bool IsSkippable(uint magic) => (magic & 0xfffffff0) == 0x184d2a50;

    public static Decompressor NewDecompressor()
    {
        var decompressor = new Decompressor();
        decompressor.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, LargestWindowLog);
        return decompressor;
    }

    /// <summary>Refuses a frame that cannot be read with what is here. Broken headers are left to the decompressor.</summary>
    public static void CheckHeader(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < ShortestHeader)
            return;
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame) != Magic)
            throw new ArchiveFormatException("has something else where a zstd frame should begin");
        var descriptor = frame[4];
        var singleSegment = (descriptor & 0x20) != 0;
        if (!singleSegment && WindowLength(frame[5]) > 1L << LargestWindowLog)
            throw new ArchiveFormatException($"has a zstd frame that needs more than {1 << (LargestWindowLog - 20)} MiB of memory to be read");
        var dictionary = frame[(singleSegment ? 5 : 6)..];
        var length = (1 << (descriptor & 3)) / 2;
        if (dictionary.Length >= length && dictionary[..length].ContainsAnyExcept((byte)0))
            throw new ArchiveFormatException("has a zstd frame that needs a dictionary");
    }

    private static long WindowLength(byte descriptor) => (8L + (descriptor & 7)) << ((descriptor >> 3) + 7);

    public static ArchiveFormatException Damaged(ZstdException exception) => exception.Code switch
    {
        ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge => new("has a zstd frame that needs too much memory to be read", exception),
        ZSTD_ErrorCode.ZSTD_error_checksum_wrong => new("has a zstd frame that does not match its checksum", exception),
        _ => new("has a zstd frame that does not decompress", exception),
    };
}
