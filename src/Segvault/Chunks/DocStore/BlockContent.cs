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
            if (Lz4Decoder.Decompress(chunk[blocks[i].Start..], content.AsSpan(next, blocks[i].PlainLength)) < 0)
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
        var work = ArrayPool<byte>.Shared.Rent(Lz4Encoder.WorkLength);
        try
        {
            for (; !lengths.IsEmpty; lengths = lengths[sizeof(int)..])
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(lengths);
                if (length <= 0 || length > content.Length || !TryPackBlock(content[..length], ref chunk, work))
                    return false;
                content = content[length..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(work);
        }

        return content.IsEmpty && chunk.IsEmpty;
    }

    private static bool TryPackBlock(ReadOnlySpan<byte> plain, ref Span<byte> chunk, Span<byte> work)
    {
        if (chunk.Length < Lz4BlockScanner.PrefixLength)
            return false;
        var block = chunk[Lz4BlockScanner.PrefixLength..];
        var room = Lz4Encoder.LargestLength(plain.Length);
        int length;
        if (block.Length >= room)
        {
            length = Lz4Encoder.Compress(plain, block, work);
        }
        else
        {
            // The last blocks of a chunk: what comes out wrong could be longer than what is left.
            var rented = ArrayPool<byte>.Shared.Rent(room);
            try
            {
                length = Lz4Encoder.Compress(plain, rented, work);
                if (length > block.Length)
                    return false;
                rented.AsSpan(0, length).CopyTo(block);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }

        BinaryPrimitives.WriteInt32LittleEndian(chunk, plain.Length);
        chunk = block[length..];
        return true;
    }
}
