using System.Buffers.Binary;
using Segvault.Chunks;
using Segvault.Chunks.DocStore;
using Segvault.Engines;
using Segvault.Testing;
using Xunit;
using Store = Segvault.Testing.DocStore;

namespace Segvault.Tests.Chunks.DocStore;

/// <summary>The bytes of LZ4 blocks are sorted by what they mean, and come back in their order.</summary>
public sealed class SeparationTests(ITestOutputHelper output) : IDisposable
{
    private readonly ChunkCodec _codec = new();

    public static TheoryData<string> RealStores => RecodingTests.RealStores;

    public void Dispose() => _codec.Dispose();

    [Theory]
    [MemberData(nameof(RealStores))]
    public void Chunks_that_Tantivy_wrote_come_back_and_take_up_less_than_under_zstd_alone(string name)
    {
        var store = File.ReadAllBytes(RepositoryRoot.Combine("tests", "corpora", "doc-stores", name));
        using var alone = new ChunkCodec(ChunkCompression.Of(BackupCompression.Fast));
        long separated = 0, plain = 0;
        foreach (var chunk in Chunks(store))
        {
            separated += Encode(_codec, chunk, out var encoding);
            Assert.Equal(ChunkEncoding.Lz4Streams, encoding);
            plain += Encode(alone, chunk, out _);
        }

        output.WriteLine($"{store.Length} bytes: {separated} separated, {plain} under zstd alone");
        Assert.InRange(separated, 1, plain);
    }

    [Fact]
    public void Random_documents_come_back_as_the_same_bytes()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < TestBench.Rounds(300, 30_000); round++)
        {
            byte[] chunk = [.. Enumerable.Range(0, random.Next(1, 6)).SelectMany(_ => Store.MakeBlock(RecodingTests.MakeContent(random)))];
            var back = new byte[chunk.Length];
            var streams = Split(chunk, out var lengths);
            Assert.Equal(chunk.Length, streams.Length);
            Assert.True(BlockStreams.TryJoin(streams, lengths, back));
            Assert.Equal(chunk, back);
            Encode(_codec, chunk, out _);
        }
    }

    [Fact]
    public void Blocks_of_any_compressor_are_separated_and_nothing_else_is()
    {
        var text = Store.MakeText(new Random(1), 16_000);
        byte[] literals = [.. BitConverter.GetBytes(text.Length), 0xF0, .. Enumerable.Repeat((byte)255, (text.Length - 15) / 255), (byte)((text.Length - 15) % 255), .. text];
        Encode(_codec, literals, out var encoding);
        Assert.Equal(ChunkEncoding.Lz4Streams, encoding);
        var own = Store.MakeBlock(text);
        foreach (var other in (byte[][])[[.. own, 0], own[..^1], own[1..]])
        {
            Encode(_codec, other, out encoding);
            Assert.NotEqual(ChunkEncoding.Lz4Streams, encoding);
        }
    }

    [Fact]
    public void Parts_that_say_nonsense_are_refused()
    {
        const int Seed = 5;
        output.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        byte[] chunk = [.. Store.MakeBlocks(random, 3).SelectMany(block => block)];
        var stored = new byte[ChunkCodec.GetBound(chunk.Length)];
        stored = stored[.._codec.Encode(chunk, stored, new byte[chunk.Length], out _, ContentLayout.Lz4Blocks)];
        var back = new byte[chunk.Length];
        for (var field = 0; field < 2 * BlockStreams.Count; field++)
        {
            foreach (var value in (int[])[-1, 0, int.MinValue, int.MaxValue, Read(stored, field) + 1, Read(stored, field) - 1])
            {
                if (value == Read(stored, field))
                    continue;
                var changed = stored.ToArray();
                BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(sizeof(int) * field), value);
                Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Lz4Streams, changed, back));
            }
        }

        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Lz4Streams, [], back));
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Lz4Streams, stored.AsSpan(0, 40), back));
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Lz4Streams, stored.AsSpan(0, stored.Length - 1), back));
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Lz4Streams, stored, new byte[chunk.Length - 1]));
        Assert.Throws<ChunkCodecException>(() => _codec.Decode(ChunkEncoding.Lz4Streams, stored, new byte[chunk.Length + 1]));
    }

    /// <summary>Whatever the parts say, nothing is read or written where it must not be: the guards beside the memory stay as they were.</summary>
    [Fact]
    public void Parts_of_any_content_stay_within_their_bounds()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[] chunk = [.. Store.MakeBlocks(random, 2).SelectMany(block => block)];
        var sound = Split(chunk, out var lengths);
        const int Guard = 64;
        var refused = 0;
        for (var round = 0; round < TestBench.Rounds(2_000, 200_000); round++)
        {
            var streams = sound.ToArray();
            for (var changes = random.Next(1, 10); changes > 0; changes--)
                streams[random.Next(streams.Length)] = (byte)(random.Next(2) == 0 ? 255 : random.Next(256));
            var changed = lengths.ToArray();
            if (random.Next(3) == 0)
            {
                var (from, to, count) = (random.Next(changed.Length), random.Next(changed.Length), random.Next(5));
                count = Math.Min(count, changed[from]);
                changed[from] -= count;
                changed[to] += count;
            }

            var room = new byte[chunk.Length + (2 * Guard)];
            room.AsSpan().Fill(0xA5);
            if (!BlockStreams.TryJoin(streams, changed, room.AsSpan(Guard, chunk.Length)))
                refused++;
            Assert.Equal(-1, room.AsSpan(0, Guard).IndexOfAnyExcept((byte)0xA5));
            Assert.Equal(-1, room.AsSpan(Guard + chunk.Length).IndexOfAnyExcept((byte)0xA5));
        }

        output.WriteLine($"{refused} refused");
        Assert.NotEqual(0, refused);
    }

    /// <summary>Whatever the bytes say, nothing is written in front of or behind the room, and all that is taken for blocks comes back.</summary>
    [Fact]
    public void Bytes_that_are_no_blocks_stay_within_their_bounds()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[] sound = [.. Store.MakeBlocks(random, 2).SelectMany(block => block)];
        const int Guard = 64;
        var refused = 0;
        for (var round = 0; round < TestBench.Rounds(2_000, 200_000); round++)
        {
            var chunk = sound[random.Next(random.Next(sound.Length))..];
            for (var changes = random.Next(10); changes > 0; changes--)
                chunk[random.Next(chunk.Length)] = (byte)(random.Next(2) == 0 ? 255 : random.Next(256));
            if (random.Next(4) == 0)
                chunk.AsSpan().Fill((byte)random.Next(256));
            var room = new byte[BlockStreams.GetRoom(chunk.Length) + (2 * Guard)];
            room.AsSpan().Fill(0xA5);
            var lengths = new int[BlockStreams.Count];
            if (!BlockStreams.TrySplit(chunk, room.AsSpan(Guard, room.Length - (2 * Guard)), lengths))
                refused++;
            else
                Assert.True(BlockStreams.TryJoin(Split(chunk, out lengths), lengths, new byte[chunk.Length]));
            Assert.Equal(-1, room.AsSpan(0, Guard).IndexOfAnyExcept((byte)0xA5));
            Assert.Equal(-1, room.AsSpan(room.Length - Guard).IndexOfAnyExcept((byte)0xA5));
        }

        output.WriteLine($"{refused} refused");
        Assert.NotEqual(0, refused);
    }

    /// <summary>The streams one behind the other.</summary>
    private static byte[] Split(byte[] chunk, out int[] lengths)
    {
        var room = new byte[BlockStreams.GetRoom(chunk.Length)];
        lengths = new int[BlockStreams.Count];
        Assert.True(BlockStreams.TrySplit(chunk, room, lengths));
        var streams = new List<byte>();
        for (int stream = 0, start = 0; stream < BlockStreams.Count; start += BlockStreams.GetRoom(stream++, chunk.Length))
            streams.AddRange(room.AsSpan(start, lengths[stream]));
        return [.. streams];
    }

    private static int Read(byte[] stored, int field) => BinaryPrimitives.ReadInt32LittleEndian(stored.AsSpan(sizeof(int) * field));

    private static int Encode(ChunkCodec codec, byte[] chunk, out ChunkEncoding encoding) =>
        RoundTrip.Encode(codec, chunk, ContentLayout.Lz4Blocks, out encoding);

    /// <summary>The chunks of whole blocks that a store is cut into.</summary>
    private static IEnumerable<byte[]> Chunks(byte[] store)
    {
        var cutter = new BlockCutter();
        for (var start = 0; start < store.Length;)
        {
            var length = cutter.FindEnd(store.AsSpan(start), isEnd: true);
            var chunk = store[start..(start + length)];
            if (BlockStreams.TrySplit(chunk, new byte[BlockStreams.GetRoom(chunk.Length)], new int[BlockStreams.Count]))
                yield return chunk;
            start += length;
        }
    }
}
