using System.Buffers.Binary;
using Segvault.Chunks;
using Segvault.Chunks.DocStore;
using Segvault.Engines;
using Segvault.Testing;
using Xunit;
using Store = Segvault.Testing.DocStore;

namespace Segvault.Tests.Chunks.DocStore;

/// <summary>LZ4 blocks are stored without their compression, and come back as exactly the bytes that they were.</summary>
public sealed class RecodingTests(ITestOutputHelper output) : IDisposable
{
    private readonly ChunkCodec _codec = new(ChunkCompression.Of(BackupCompression.Max));

    public static TheoryData<string> RealStores =>
        [.. Directory.GetFiles(RepositoryRoot.Combine("tests", "corpora", "doc-stores"), "*.store").Select(path => Path.GetFileName(path))];

    public void Dispose() => _codec.Dispose();

    [Theory]
    [MemberData(nameof(RealStores))]
    public void Blocks_that_Tantivy_wrote_are_made_again_bit_by_bit(string name)
    {
        var store = File.ReadAllBytes(RepositoryRoot.Combine("tests", "corpora", "doc-stores", name));
        var blocks = 0;
        for (var offset = 0; ; blocks++)
        {
            var scanner = default(Lz4BlockScanner);
            if (scanner.Scan(store.AsSpan(offset), out var length) != BlockScan.Complete)
                break;
            var block = store.AsSpan(offset, length);
            var plain = new byte[scanner.PlainLength];
            Assert.Equal(length - 4, Lz4Decoder.Decompress(block[4..], plain));
            Assert.Equal(block.ToArray(), Store.MakeBlock(plain));
            offset += length;
        }

        output.WriteLine($"{blocks} blocks");
        Assert.NotEqual(0, blocks);
    }

    [Fact]
    public void Random_documents_come_back_as_the_same_bytes()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < TestBench.Rounds(300, 30_000); round++)
        {
            byte[] chunk = [.. Enumerable.Range(0, random.Next(1, 6)).SelectMany(_ => Store.MakeBlock(MakeContent(random)))];
            RoundTrip.Encode(_codec, chunk, ContentLayout.Lz4Blocks, out _);
            var back = new byte[chunk.Length];
            var content = BlockContent.Unpack(chunk, out var contentLength)!;
            Assert.True(BlockContent.TryPack(content.AsSpan(0, contentLength), back));
            Assert.Equal(chunk, back);
        }
    }

    [Fact]
    public void Blocks_of_another_compressor_are_not_recoded()
    {
        var text = Store.MakeText(new Random(1), 16_000);

        // One that finds no matches at all writes sound blocks too.
        byte[] literals = [.. BitConverter.GetBytes(text.Length), 0xF0, .. Enumerable.Repeat((byte)255, (text.Length - 15) / 255), (byte)((text.Length - 15) % 255), .. text];
        Assert.NotNull(BlockContent.Unpack(literals, out _));
        Assert.Equal(ChunkEncoding.Lz4Streams, EncodingOf(literals));
        var own = Store.MakeBlock(text);
        Assert.Equal(ChunkEncoding.Lz4Blocks, EncodingOf(own));
        Assert.NotEqual(ChunkEncoding.Lz4Blocks, EncodingOf([.. own, 0]));
        Assert.NotEqual(ChunkEncoding.Lz4Blocks, EncodingOf(own[..^1]));
        Assert.NotEqual(ChunkEncoding.Lz4Blocks, EncodingOf(Store.MakeBlock(new byte[9 * 1024 * 1024])));
    }

    [Fact]
    public void Recoded_bytes_that_say_nonsense_are_refused_and_take_no_memory()
    {
        const int Seed = 5;
        output.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        using var zstd = new ZstdFrames();
        var chunk = Store.MakeBlock(Store.MakeText(random, 16_000));
        var content = BlockContent.Unpack(chunk, out var contentLength)![..contentLength];
        var back = new byte[chunk.Length];
        foreach (var bad in (byte[][])[[], new byte[3], With(content, 0, -1), With(content, 0, int.MaxValue), With(content, 0, 0), With(content, 0, 2), With(content, 4, -5), With(content, 4, 15_999), With(content, 4, int.MaxValue), content[..^1], [.. content, 0]])
        {
            var stored = new byte[ChunkCodec.GetBound(bad.Length)];
            var length = zstd.Compress(bad, 1, stored);
            Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Lz4Blocks, stored.AsSpan(0, length), back));
        }

        var bomb = new byte[1000 * 1024];
        var bombLength = zstd.Compress(new byte[BlockContent.LargestLength + 1], 1, bomb);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Lz4Blocks, bomb.AsSpan(0, bombLength), back));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Lz4Blocks, new byte[40], back));
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Lz4Blocks, [], back));
    }

    private ChunkEncoding EncodingOf(byte[] chunk)
    {
        _codec.Encode(chunk, new byte[ChunkCodec.GetBound(chunk.Length)], new byte[chunk.Length], out var encoding, ContentLayout.Lz4Blocks);
        return encoding;
    }

    /// <summary>Content of every sort: text, noise, repetition; lengths around those at which blocks change their kind.</summary>
    internal static byte[] MakeContent(Random random)
    {
        var length = random.Next(6) switch
        {
            0 => random.Next(1, 30),
            1 => 65_535 + random.Next(-3, 4),
            2 => random.Next(65_000, 200_000),
            _ => random.Next(1, 20_000),
        };
        var content = random.Next(3) == 0 ? Store.MakeText(random, length) : new byte[length];
        for (var at = random.Next(length); at < length && random.Next(3) != 0; at += random.Next(1, length + 1))
        {
            var part = content.AsSpan(at, Math.Min(random.Next(1, 3000), length - at));
            if (random.Next(2) == 0)
                random.NextBytes(part);
            else
                part.Fill((byte)random.Next(4));
        }

        return content;
    }

    private static byte[] With(byte[] content, int at, int value)
    {
        var changed = content.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(at), value);
        return changed;
    }
}
