namespace Segvault.Archives.Compression;

/// <summary>
/// How Segvault cuts a compressed file into blocks that can be made and read in parallel. Each block says how long it is in a place that every other
/// program skips, and a mark at the end records the length of the whole file.
/// </summary>
internal abstract class BlockFormat : IDisposable
{
    /// <summary>The most plain bytes that a block may hold, of whatever version.</summary>
    public const int LongestPlain = 4 * 1024 * 1024;

    /// <summary>The most bytes that a block may take up in the file.</summary>
    public const int LongestStored = LongestPlain + (LongestPlain / 8);

    /// <summary>What "block" is called in this format.</summary>
    public abstract string BlockName { get; }

    /// <summary>Plain bytes in a block that this version writes; only the last has fewer.</summary>
    public abstract int PlainLength { get; }

    /// <summary>What the file begins with, before the first block.</summary>
    public abstract ReadOnlyMemory<byte> Opening { get; }

    /// <summary>Bytes at the beginning of a block that <see cref="ReadHeader"/> needs; an end mark is longer.</summary>
    public abstract int HeaderLength { get; }

    public abstract int EndMarkLength { get; }

    /// <summary>The largest buffer that <see cref="Encode"/> can need.</summary>
    public abstract int GetBound(int plainLength);

    /// <summary>Makes a block; returns its length.</summary>
    public abstract int Encode(ReadOnlySpan<byte> plain, Memory<byte> stored);

    /// <summary>Reads one whole block into a buffer of exactly <see cref="ReadPlainLength"/>.</summary>
    /// <exception cref="ArchiveFormatException">The block is anything but right.</exception>
    public abstract void Decode(ReadOnlyMemory<byte> stored, Span<byte> plain);

    /// <summary>The length of a block in the file, header included, as its header says; null when this is no header of a block.</summary>
    public abstract int? ReadHeader(ReadOnlySpan<byte> header);

    /// <summary>The plain bytes that a block claims to hold; not checked.</summary>
    public abstract uint ReadPlainLength(ReadOnlySpan<byte> stored);

    /// <summary>Whether these bytes begin as an end mark does.</summary>
    public abstract bool IsEndMark(ReadOnlySpan<byte> header);

    /// <summary>The end mark of a file of a length, mark included.</summary>
    public abstract byte[] MakeEndMark(long fileLength);

    public abstract void Dispose();
}
