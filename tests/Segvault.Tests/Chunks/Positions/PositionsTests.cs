using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using Segvault.Chunks;
using Segvault.Chunks.Positions;
using Segvault.Engines;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Chunks.Positions;

/// <summary>Bit-packed positions are unpacked before they are compressed, and come back as the same bits.</summary>
public sealed class PositionsTests(ITestOutputHelper output) : IDisposable
{
    private const int HeaderLength = PositionStreams.Count * sizeof(int);

    private readonly ChunkCodec _codec = new();
    private readonly ChunkCodec _alone = new(ChunkCompression.Of(BackupCompression.Fast));

    public void Dispose()
    {
        _codec.Dispose();
        _alone.Dispose();
    }

    [Fact]
    public void Positions_that_Tantivy_wrote_come_back_and_take_up_less_than_under_zstd_alone()
    {
        var chunk = Recorded("source-code");
        var unpacked = Encode(_codec, chunk, out var encoding);
        Assert.Equal(ChunkEncoding.UnpackedPositions, encoding);
        var plain = Encode(_alone, chunk, out encoding);
        Assert.Equal(ChunkEncoding.Zstd, encoding);
        output.WriteLine($"{chunk.Length} bytes: {unpacked} unpacked, {plain} under zstd alone");
        Assert.InRange(unpacked, 1, plain - (plain / 20));
        using var max = new ChunkCodec(ChunkCompression.Of(BackupCompression.Max));
        Assert.InRange(Encode(max, chunk, out encoding), 1, unpacked);
        Assert.Equal(ChunkEncoding.UnpackedPositions, encoding);
    }

    [Fact]
    public void Where_few_bytes_are_in_blocks_zstd_alone_is_taken()
    {
        var chunk = Recorded("small-documents");
        Assert.InRange(PackedRuns.Find(chunk).Length, 1, chunk.Length / 4);
        Assert.Equal(Encode(_alone, chunk, out _), Encode(_codec, chunk, out var encoding));
        Assert.Equal(ChunkEncoding.Zstd, encoding);
    }

    [Fact]
    public void Only_files_of_that_layout_are_unpacked()
    {
        var chunk = Recorded("source-code");
        foreach (var layout in (ContentLayout[])[ContentLayout.Opaque, ContentLayout.Lz4Blocks])
        {
            _codec.Encode(chunk, new byte[ChunkCodec.GetBound(chunk.Length)], new byte[chunk.Length], out var encoding, layout);
            Assert.Equal(ChunkEncoding.Zstd, encoding);
        }
    }

    [Fact]
    public void Every_width_is_unpacked_and_packed_as_Tantivy_packs_it()
    {
        var random = new Random(1);
        var rows = new Vector128<uint>[PackedBlock.Rows];
        var numbers = new uint[PackedBlock.Numbers];
        for (var width = 1; width <= PackedBlock.LargestWidth; width++)
        {
            uint[] written = [.. numbers.Select(_ => (uint)random.Next(1 << width))];
            var packed = PositionLists.Pack(written, width);
            PackedBlock.Unpack(packed, width, rows);
            for (var i = 0; i < numbers.Length; i++)
                numbers[i] = rows[i / 4][i % 4];
            Assert.Equal(written, numbers);
            var back = new byte[packed.Length];
            PackedBlock.Pack(rows, width, back);
            Assert.Equal(packed, back);
        }
    }

    [Fact]
    public void All_lists_of_several_blocks_are_found_and_also_one_that_goes_on_behind_the_chunk()
    {
        var random = new Random(2);
        var list = PositionLists.MakeList([.. Enumerable.Range(0, (5 * 128) + 9).Select(_ => (uint)random.Next(300))]);
        const int InBlocks = 5 * 9 * 16;
        byte[] lists = [.. list, .. list, .. list];
        Assert.Equal(3 * (InBlocks + 6), PackedRuns.Find(lists).Length);

        // The header in front of what is not there any more stays as it is.
        var runs = PackedRuns.Find(lists.AsSpan(0, list.Length + 6 + (2 * 9 * 16) + 7));
        Assert.Equal(InBlocks + 6 + (2 * 9 * 16), runs.Length);
        Assert.Equal([9, 9, 9, 9, 9, 9, 9], runs.Widths.ToArray());
    }

    [Fact]
    public void Random_lists_come_back_as_the_same_bytes_wherever_they_are_cut()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var unpacked = 0;
        for (var round = 0; round < TestBench.Rounds(300, 30_000); round++)
        {
            var lists = PositionLists.MakeLists(random, random.Next(1, 12), mostBits: random.Next(1, 33));
            var start = random.Next(2) == 0 ? 0 : random.Next(lists.Length);
            var chunk = lists[start..random.Next(start, lists.Length + 1)];
            EnsureSame(chunk);
            Encode(_codec, chunk, out var encoding);
            unpacked += encoding == ChunkEncoding.UnpackedPositions ? 1 : 0;
        }

        output.WriteLine($"{unpacked} unpacked");
        Assert.NotEqual(0, unpacked);
    }

    [Theory]
    [InlineData(4096, 90)]
    [InlineData(1000, 70)]
    [InlineData(50, 0)]
    public void A_list_is_followed_from_chunk_to_chunk(int chunkLength, int leastPercent)
    {
        var random = new Random(4);
        var list = PositionLists.MakeList([.. Enumerable.Range(0, 128 * 300).Select(_ => (uint)random.Next(4000))]);
        var open = default(OpenList);
        var inBlocks = 0;
        var bytes = list.AsSpan();
        while (!bytes.IsEmpty)
        {
            var chunk = bytes[..Math.Min(chunkLength, bytes.Length)].ToArray();
            bytes = bytes[chunk.Length..];
            inBlocks += EnsureSame(chunk, ref open).Length;
        }

        output.WriteLine($"{inBlocks} of {list.Length} bytes");
        Assert.InRange(inBlocks, list.Length / 100 * leastPercent, list.Length);
        Assert.Null(open.Widths);
    }

    [Fact]
    public void Lists_come_back_in_chunks_of_any_length_whatever_is_said_to_go_on()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < TestBench.Rounds(100, 10_000); round++)
        {
            var open = default(OpenList);
            var lists = PositionLists.MakeLists(random, random.Next(1, 12), mostBits: random.Next(1, 25));
            for (var start = 0; start < lists.Length;)
            {
                var end = Math.Min(lists.Length, start + random.Next(1, random.Next(2) == 0 ? 500 : 20_000));
                EnsureSame(lists[start..end], ref open);
                start = end;
                if (random.Next(10) == 0)
                    open = new OpenList([.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => (byte)random.Next(1, 25))], random.Next(16));
            }
        }
    }

    [Fact]
    public void Any_other_bytes_come_back_too()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        EnsureSame([]);
        for (var round = 0; round < TestBench.Rounds(500, 50_000); round++)
        {
            var chunk = round % 4 == 0 ? PositionLists.MakeLists(random, 4) : new byte[random.Next(1, 20_000)];
            switch (round % 4)
            {
                case 0:
                    for (var i = random.Next(40); i >= 0 && chunk.Length > 0; i--)
                        chunk[random.Next(chunk.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    random.NextBytes(chunk);
                    break;
                default:
                    // Headers everywhere.
                    for (var i = 0; i < chunk.Length; i++)
                        chunk[i] = (byte)(random.Next(4) == 0 ? 128 + random.Next(64) : random.Next(round % 4 == 2 ? 3 : 26));
                    break;
            }

            EnsureSame(chunk);
            Encode(_codec, chunk, out _);
        }
    }

    [Fact]
    public void Numbers_of_one_bit_stay_packed_instead_of_taking_eight_times_the_memory()
    {
        var random = new Random(3);
        var chunk = PositionLists.MakeList([.. Enumerable.Range(0, 128 * 500).Select(_ => (uint)(random.Next(10) / 9))]);
        Assert.InRange(PackedRuns.Find(chunk).Length, chunk.Length - 10, chunk.Length);
        Encode(_codec, chunk, out var encoding);
        Assert.Equal(ChunkEncoding.Zstd, encoding);
    }

    [Fact]
    public void Parts_that_say_nonsense_are_refused()
    {
        var chunk = PositionLists.MakeLists(new Random(5), 30);
        var stored = new byte[ChunkCodec.GetBound(chunk.Length)];
        stored = stored[.._codec.Encode(chunk, stored, new byte[chunk.Length], out var encoding, ContentLayout.PackedPositions)];
        Assert.Equal(ChunkEncoding.UnpackedPositions, encoding);
        var back = new byte[chunk.Length];
        for (var field = 0; field < PositionStreams.Count; field++)
        {
            var length = Read(stored, field);
            foreach (var value in ((int[])[-1, 0, int.MinValue, int.MaxValue, length + 1, length - 1, 5 * chunk.Length]).Where(value => value != length))
            {
                var changed = stored.ToArray();
                Write(changed, field, value);
                Refuse(changed, back);

                // A byte that another part has too little, or too much.
                var other = (field + 1) % PositionStreams.Count;
                Write(changed, other, Read(changed, other) + length - value);
                Refuse(changed, back);
            }
        }

        Refuse([], back);
        Refuse(stored[..HeaderLength], back);
        Refuse(stored[..(HeaderLength - 1)], back);
        Refuse(stored[..^1], back);
        Refuse(stored, new byte[chunk.Length - 1]);
        Refuse(stored, new byte[chunk.Length + 1]);
        Refuse(stored, []);
    }

    [Fact]
    public void More_than_a_chunk_can_become_is_refused_without_being_decompressed()
    {
        using var zstd = new ZstdFrames();
        var plain = new byte[100_000_000];
        var stored = new byte[HeaderLength + 50_000];
        Write(stored, 2, plain.Length);
        stored = stored[..(HeaderLength + zstd.Compress(plain, 1, stored.AsSpan(HeaderLength)))];
        var back = new byte[20_000_000];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refuse(stored, back);
        Refuse(stored, back.AsSpan(0, 100));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    /// <summary>Whatever the parts say, nothing is written where it must not be: the guards beside the memory stay as they were.</summary>
    [Fact]
    public void Parts_of_any_content_stay_within_their_bounds()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var chunk = PositionLists.MakeLists(random, 6, mostBits: 20, mostDeltas: 1000);
        var lengths = new int[PositionStreams.Count];
        var sound = Split(chunk, PackedRuns.Find(chunk), lengths);
        const int Guard = 64;
        var refused = 0;
        for (var round = 0; round < TestBench.Rounds(4_000, 400_000); round++)
        {
            var streams = sound.ToArray();
            for (var changes = random.Next(10); changes > 0; changes--)
                streams[random.Next(random.Next(2) == 0 ? lengths[0] + lengths[1] : streams.Length)] = (byte)(random.Next(2) == 0 ? random.Next(26) : random.Next(256));
            var changed = lengths.ToArray();
            if (random.Next(3) == 0)
            {
                var (from, to) = (random.Next(changed.Length), random.Next(changed.Length));
                var count = Math.Min(random.Next(2) == 0 ? random.Next(5) : random.Next(500), changed[from]);
                changed[from] -= count;
                changed[to] += count;
            }

            var room = new byte[chunk.Length + (2 * Guard)];
            room.AsSpan().Fill(0xA5);
            var length = chunk.Length - (random.Next(4) == 0 ? random.Next(chunk.Length) : 0);
            if (!PositionStreams.TryJoin(streams, changed, room.AsSpan(Guard, length)))
                refused++;
            Assert.Equal(-1, room.AsSpan(0, Guard).IndexOfAnyExcept((byte)0xA5));
            Assert.Equal(-1, room.AsSpan(Guard + length).IndexOfAnyExcept((byte)0xA5));
        }

        output.WriteLine($"{refused} refused");
        Assert.NotEqual(0, refused);
    }

    [Fact]
    public void A_block_is_not_read_without_room_for_the_lower_bytes_that_it_may_have()
    {
        var rows = new Vector128<uint>[PackedBlock.Rows];
        var first = new byte[PackedBlock.Numbers];
        Assert.Throws<ArgumentException>(() => NumberBytes.Read(first, new byte[NumberBytes.LowRoom - 1], rows));
        Assert.Throws<ArgumentException>(() => NumberBytes.Write(rows, first, new byte[NumberBytes.LowRoom - 1]));
    }

    private static byte[] Recorded(string name) => File.ReadAllBytes(RepositoryRoot.Combine("tests", "corpora", "positions", name + ".pos"));

    private static int Read(byte[] stored, int field) => BinaryPrimitives.ReadInt32LittleEndian(stored.AsSpan(sizeof(int) * field));

    private static void Write(byte[] stored, int field, int value) => BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(sizeof(int) * field), value);

    /// <summary>The streams of a chunk with the slack that they need and nothing behind it.</summary>
    private static byte[] Split(ReadOnlySpan<byte> chunk, PackedRuns runs, Span<int> lengths)
    {
        var bound = PositionStreams.GetBound(chunk, runs);
        var streams = new byte[bound + PositionStreams.Slack];
        PositionStreams.Split(chunk, runs, streams, lengths);
        var total = 0;
        foreach (var length in lengths)
            total += length;
        Assert.InRange(total, 0, bound);
        return streams[..(total + PositionStreams.Slack)];
    }

    private static void EnsureSame(byte[] chunk)
    {
        var open = default(OpenList);
        EnsureSame(chunk, ref open);
    }

    private static PackedRuns EnsureSame(byte[] chunk, ref OpenList open)
    {
        var runs = PackedRuns.Find(chunk, open);
        open = runs.Open;
        Span<int> lengths = stackalloc int[PositionStreams.Count];
        var streams = Split(chunk, runs, lengths);
        var back = new byte[chunk.Length];
        Assert.True(PositionStreams.TryJoin(streams, lengths, back));
        Assert.Equal(chunk, back);
        return runs;
    }

    private void Refuse(byte[] stored, Span<byte> back)
    {
        try
        {
            _codec.Decode(ChunkEncoding.UnpackedPositions, stored, back);
        }
        catch (ChunkCodecException)
        {
            return;
        }

        Assert.Fail("It was decoded.");
    }

    private static int Encode(ChunkCodec codec, byte[] chunk, out ChunkEncoding encoding) =>
        RoundTrip.Encode(codec, chunk, ContentLayout.PackedPositions, out encoding);
}
