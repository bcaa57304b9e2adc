namespace Segvault.Chunks;

/// <summary>How a chunk's bytes are stored. The numbers are part of the repository format.</summary>
internal enum ChunkEncoding : byte
{
    /// <summary>As they are.</summary>
    Raw = 0,

    /// <summary>One zstd frame (RFC 8878).</summary>
    Zstd = 1,

    /// <summary>The content of LZ4 blocks in one zstd frame; the blocks are made again from it.</summary>
    Lz4Blocks = 2,

    /// <summary>LZ4 blocks, their bytes sorted by what they mean, each kind in a zstd frame of its own.</summary>
    Lz4Streams = 3,

    /// <summary>Position lists, their packed blocks unpacked, in one zstd frame.</summary>
    UnpackedPositions = 4,
}
