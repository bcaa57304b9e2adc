using System.Buffers.Binary;
using System.Text;
using Segvault.Chunks.DocStore;

namespace Segvault.Testing;

/// <summary>Makes document stores as Tantivy does: blocks of about 16 KiB of documents, each compressed by itself, an index of them, and a tail.</summary>
internal static class DocStore
{
    public const int BlockLength = 16 * 1024;
    private const int TailLength = 28;
    private const string Letters = "etaoinshrdlu      ";

    /// <summary>Text that compresses about as well as prose.</summary>
    public static byte[] MakeText(Random random, int length)
    {
        var vocabulary = Enumerable.Range(0, 2000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(2, 9)).Select(_ => Letters[random.Next(12)]))).ToArray();
        var text = new StringBuilder(length + 16);
        while (text.Length < length)
            text.Append(vocabulary[(int)(vocabulary.Length * Math.Pow(random.NextDouble(), 3))]).Append(' ');
        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }

    /// <summary>One block with the length of its content in front.</summary>
    public static byte[] MakeBlock(ReadOnlySpan<byte> plain)
    {
        var block = new byte[sizeof(int) + Lz4Encoder.LargestLength(plain.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(block, plain.Length);
        var length = Lz4Encoder.Compress(plain, block.AsSpan(sizeof(int)), new byte[Lz4Encoder.WorkLength]);
        return block[..(sizeof(int) + length)];
    }

    /// <summary>Different blocks of usual length.</summary>
    public static byte[][] MakeBlocks(Random random, int count)
    {
        var text = MakeText(random, count * (BlockLength + 2048));
        var blocks = new byte[count][];
        for (int i = 0, start = 0; i < count; i++)
        {
            var length = BlockLength + random.Next(2048);
            blocks[i] = MakeBlock(text.AsSpan(start, length));
            start += length;
        }

        return blocks;
    }

    /// <summary>A whole store but for the footer.</summary>
    /// <param name="blocks">Its blocks.</param>
    /// <param name="compressor">What the tail says: 1 for LZ4.</param>
    public static byte[] Join(IReadOnlyCollection<byte[]> blocks, byte compressor = 1)
    {
        var content = blocks.SelectMany(block => block).ToArray();
        var index = new byte[16 + (blocks.Count * 3)];
        new Random(content.Length).NextBytes(index);
        var tail = new byte[TailLength];
        BinaryPrimitives.WriteInt32LittleEndian(tail, 1);
        BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(4), content.Length);
        tail[12] = compressor;
        return [.. content, .. index, .. tail];
    }
}
