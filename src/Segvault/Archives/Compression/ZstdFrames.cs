using System.Buffers.Binary;

namespace Segvault.Archives.Compression;

/// <summary>What is asked of a zstd frame, whoever made it.</summary>
internal static class ZstdFrames
{
    public const uint Magic = 0xfd2fb528;

    /// <summary>The longest header that a frame can have.</summary>
    public const int LongestHeader = 18;

    /// <summary>A frame may want this much memory to be decompressed, as a power of two: what the zstd command allows too.</summary>
    public const int LargestWindowLog = 27;

    /// <summary>The same in MiB.</summary>
    public const int LargestWindow = 1 << (LargestWindowLog - 20);

    private const int ShortestHeader = 6;

    public static bool IsSkippable(uint magic) => (magic & 0xfffffff0) == 0x184d2a50;

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
            throw new ArchiveFormatException($"has a zstd frame that needs more than {LargestWindow} MiB of memory to be read");
        var dictionary = frame[(singleSegment ? 5 : 6)..];
        var length = (1 << (descriptor & 3)) / 2;
        if (dictionary.Length >= length && dictionary[..length].ContainsAnyExcept((byte)0))
            throw new ArchiveFormatException("has a zstd frame that needs a dictionary");
    }

    private static long WindowLength(byte descriptor) => (8L + (descriptor & 7)) << ((descriptor >> 3) + 7);
}
