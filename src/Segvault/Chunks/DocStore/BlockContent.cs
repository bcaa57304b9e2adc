using System.Buffers;
using System.Buffers.Binary;

namespace Segvault.Chunks.DocStore;

/// <summary>
/// What a chunk of LZ4 blocks holds, without their compression: the number of blocks, the length of each one's content, then the contents. Another
/// compressor makes less of that than of the blocks.
/// </summary>
internal static class BlockContent
{
    /// <summary>No chunk has more in it: what a reader may be made to allocate.</summary>
    public const int LargestLength = 8 * 1024 * 1024;

    /// <summary>Takes blocks apart; null when the chunk is anything but whole blocks. The buffer is rented.</summary>
    public static byte[]? Unpack(ReadOnlySpan<byte> chunk, out int length)
    {
        length = sizeof(int);
        var blocks = new List<(int Start, int PlainLength)>();
        for (var offset = 0; offset < chunk.Length;)
        {
            var scanner = default(Lz4BlockScanner);
            if (scanner.Scan(chunk[offset..], out var read) != BlockScan.Complete || scanner.PlainLength > LargestLength)
                return null;
            blocks.Add((offset + Lz4BlockScanner.PrefixLength, scanner.PlainLength));
            length += sizeof(int) + scanner.PlainLength;
            if (length > LargestLength)
                return null;
            offset += read;
        }

        var content = ArrayPool<byte>.Shared.Rent(length);
        BinaryPrimitives.WriteInt32LittleEndian(content, blocks.Count);
        var next = sizeof(int) * (1 + blocks.Count);
        for (var i = 0; i < blocks.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(sizeof(int) * (1 + i)), blocks[i].PlainLength);
            if (Lz4Block.Decompress(chunk[blocks[i].Start..], content.AsSpan(next, blocks[i].PlainLength)) < 0)
            {
                ArrayPool<byte>.Shared.Return(content);
                return null;
            }

            next += blocks[i].PlainLength;
        }

        return content;
    }

    /// <summary>Makes the blocks again; false when that gives anything but exactly a chunk.</summary>
    public static bool TryPack(ReadOnlySpan<byte> content, Span<byte> chunk)
    {
        if (content.Length < sizeof(int))
            return false;
        var count = BinaryPrimitives.ReadInt32LittleEndian(content);
        if (count < 0 || count > (content.Length / sizeof(int)) - 1)
            return false;
        var lengths = content.Slice(sizeof(int), sizeof(int) * count);
        content = content[(sizeof(int) * (1 + count))..];
        for (; !lengths.IsEmpty; lengths = lengths[sizeof(int)..])
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(lengths);
            if (length <= 0 || length > content.Length || !TryPackBlock(content[..length], ref chunk))
                return false;
            content = content[length..];
        }

        return content.IsEmpty && chunk.IsEmpty;
    }

    private static bool TryPackBlock(ReadOnlySpan<byte> plain, ref Span<byte> chunk)
    {
        var block = ArrayPool<byte>.Shared.Rent(Lz4Block.LargestLength(plain.Length));
        try
        {
            var length = Lz4Block.Compress(plain, block, stackalloc int[Lz4Block.TableLength]);
            if (length > chunk.Length - Lz4BlockScanner.PrefixLength)
                return false;
            BinaryPrimitives.WriteInt32LittleEndian(chunk, plain.Length);
            block.AsSpan(0, length).CopyTo(chunk[Lz4BlockScanner.PrefixLength..]);
            chunk = chunk[(Lz4BlockScanner.PrefixLength + length)..];
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
