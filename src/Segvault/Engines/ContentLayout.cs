namespace Segvault.Engines;

/// <summary>How the bytes of a file are laid out, as far as it helps to store them. A wrong answer costs space, never content.</summary>
public enum ContentLayout
{
    /// <summary>Nothing is known of it.</summary>
    Opaque,

    /// <summary>
    /// It begins with blocks, one after another, each the length of its content in 4 bytes (little-endian) and one LZ4 block; anything may follow them.
    /// Merging files copies blocks as they are.
    /// </summary>
    Lz4Blocks,

    /// <summary>Lists of numbers, each VInt(n), n bit widths, n blocks of 128 numbers packed with those widths as BitPacker4x does it, and VInts.</summary>
    PackedPositions,
}
