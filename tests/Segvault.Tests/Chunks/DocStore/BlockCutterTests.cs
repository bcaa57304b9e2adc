using System.Buffers;
using System.Buffers.Binary;
using Segvault.Chunks;
using Segvault.Chunks.DocStore;
using Xunit;
using Store = Segvault.Testing.DocStore;

namespace Segvault.Tests.Chunks.DocStore;

/// <summary>Where document stores are cut: behind blocks, at the same ones wherever they are, and never so that a byte is lost or memory grows.</summary>
public sealed class BlockCutterTests(ITestOutputHelper output)
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public void A_store_is_cut_behind_blocks_into_chunks_of_about_64_KiB()
    {
        var blocks = Store.MakeBlocks(Seeded(1), 800);
        var chunks = Cut(Store.Join(blocks));
        var ends = EndsOf(blocks);
        Assert.All(EndsOf(chunks[..^1]), end => Assert.Contains(end, ends));
        Assert.All(chunks[..^2], chunk => Assert.InRange(chunk.Length, BlockCutter.SmallestChunk, BlockCutter.LargestChunk));
        Assert.InRange(chunks.Average(chunk => chunk.Length), 45_000, 90_000);

        // The index of blocks and the tail are no part of the last chunk of blocks.
        Assert.Equal(ends.Max(), EndsOf(chunks[..^1]).Max());
    }

    [Fact]
    public void Cut_points_come_again_after_a_merge()
    {
        var random = Seeded(2);
        byte[][][] sources = [.. Enumerable.Range(0, 3).Select(_ => Store.MakeBlocks(random, 300))];
        var known = sources.SelectMany(source => Cut(Store.Join(source))).Select(Convert.ToHexString).ToHashSet();
        byte[][] merged = [.. sources[1], .. sources[0], .. sources[2]];
        var chunks = Cut(Store.Join(merged));
        var stored = chunks.Where(chunk => !known.Contains(Convert.ToHexString(chunk))).Sum(chunk => chunk.Length);
        output.WriteLine($"{stored} of {chunks.Sum(chunk => chunk.Length)} bytes are in new chunks");
        Assert.InRange(stored, 1, chunks.Sum(chunk => chunk.Length) / 10);
    }

    [Fact]
    public void How_the_bytes_come_makes_no_difference()
    {
        var store = Store.Join(Store.MakeBlocks(Seeded(3), 60));
        var expected = Cut(store).Select(chunk => chunk.Length).ToArray();
        foreach (var piece in (int[])[1, 7, 4096, 65_537, 3_000_000])
            Assert.Equal(expected, Cut(store, piece).Select(chunk => chunk.Length));
    }

    [Fact]
    public void A_block_that_is_larger_than_a_chunk_is_a_chunk_of_its_own()
    {
        var random = Seeded(4);
        var small = Store.MakeBlocks(random, 40);
        var large = Store.MakeBlock(Noise(random, 700_000));
        var chunks = Cut(Store.Join([.. small, large, .. small]));
        Assert.Contains(chunks, chunk => chunk.AsSpan().SequenceEqual(large));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_huge_block_is_cut_in_pieces_and_those_behind_it_as_ever(bool compressible)
    {
        var random = Seeded(5);
        var small = Store.MakeBlocks(random, 100);
        var huge = Store.MakeBlock(compressible ? new byte[40 * Megabyte] : Noise(random, 20 * Megabyte));
        var chunks = Cut(Store.Join([.. small, huge, .. small]));
        Assert.All(chunks, chunk => Assert.InRange(chunk.Length, 1, FixedCutter.ChunkLength + BlockCutter.UsualChunk));
        var twice = chunks.GroupBy(Convert.ToHexString).Where(group => group.Count() > 1).Sum(group => group.First().Length);
        Assert.InRange(twice, small.Sum(block => block.Length) * 3 / 4, int.MaxValue);
    }

    [Fact]
    public void What_does_not_read_as_blocks_is_cut_at_fixed_size()
    {
        var random = Seeded(6);
        var noise = Noise(random, (3 * Megabyte) + 5);
        BinaryPrimitives.WriteInt32LittleEndian(noise, -1);
        Assert.Equal([Megabyte, Megabyte, Megabyte, 5], Cut(noise).Select(chunk => chunk.Length));

        // The same behind good blocks: those before it are cut by their content.
        var blocks = Store.MakeBlocks(random, 50);
        byte[] broken = [.. blocks.SelectMany(block => block), .. noise];
        Assert.Equal([Megabyte, Megabyte, Megabyte, 5], Cut(broken)[^4..].Select(chunk => chunk.Length));
        Assert.Empty(Cut([]));
    }

    [Fact]
    public void Hostile_stores_lose_no_byte_and_take_no_memory()
    {
        var random = Seeded(7);
        var store = Store.Join(Store.MakeBlocks(random, 120));
        for (var round = 0; round < Testing.TestBench.Rounds(200, 20_000); round++)
        {
            var mutant = store.ToArray();
            for (var change = random.Next(1, 6); change > 0; change--)
                mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0)
                BinaryPrimitives.WriteInt32LittleEndian(mutant.AsSpan(0), random.Next());
            mutant = mutant[..random.Next(mutant.Length)];
            Assert.All(Cut(mutant, random.Next(1000, 300_000)), chunk => Assert.InRange(chunk.Length, 1, BlockCutter.LargestBlock * 5 / 4));
        }
    }

    /// <summary>Cuts, and makes sure that the chunks are the file.</summary>
    private static byte[][] Cut(byte[] file, int piece = 1_000_000)
    {
        using var buffer = new ChunkBuffer(new BlockCutter());
        var chunks = new List<byte[]>();
        for (var rest = file.AsMemory(); !rest.IsEmpty;)
        {
            rest = rest[buffer.Add(rest.Span[..Math.Min(piece, rest.Length)])..];
            Take(buffer, isEnd: false, chunks);
        }

        Take(buffer, isEnd: true, chunks);
        Assert.True(chunks.SelectMany(chunk => chunk).SequenceEqual(file));
        return [.. chunks];
    }

    private static void Take(ChunkBuffer buffer, bool isEnd, List<byte[]> chunks)
    {
        while (buffer.TryTake(isEnd, out var chunk, out var length))
        {
            chunks.Add(chunk[..length]);
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static HashSet<long> EndsOf(IEnumerable<byte[]> parts)
    {
        var end = 0L;
        return [.. parts.Select(part => end += part.Length)];
    }

    private static byte[] Noise(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private Random Seeded(int seed)
    {
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
