using System.Buffers.Binary;
using System.IO.Hashing;
using Segvault.Chunks;
using Segvault.Engines;
using Segvault.Repositories;
using Segvault.Testing.Stores;

namespace Segvault.Testing.Fuzzing;

/// <summary>A pack: its header, table and trailer, and chunks that do not decode. Mutants of all but the chunks mostly have the right checksum.</summary>
internal sealed class PackTarget : FuzzTarget
{
    /// <summary>Two of the largest chunks that a table may name: what it says of them is believed until they are decoded.</summary>
    private const long Allowance = (2 * PackFormat.LargestChunk) + (16 * 1024 * 1024);

    private static readonly ObjectId Repository = ObjectId.Parse("5e9a0175e9a0175e9a0175e9a0175e9a");
    private static readonly ObjectId Pack = ObjectId.Parse("00112233445566778899aabbccddeeff");

    public override string Name => "packs";

    public override Task<IReadOnlyList<FuzzSeed>> MakeSeedsAsync() => Task.FromResult<IReadOnlyList<FuzzSeed>>(
    [
        new FuzzSeed("no-chunks", Make(hasIds: false)),
        new FuzzSeed("raw-and-compressed", Make(hasIds: false, [.. Enumerable.Range(0, 100).Select(value => (byte)value)], new byte[3000], [])),
        new FuzzSeed("recoded-blocks", Make(BackupCompression.Max, [.. DocStore.MakeBlocks(new Random(1), 3).SelectMany(block => block)])),
        new FuzzSeed("separated-blocks", Make(BackupCompression.Auto, [.. DocStore.MakeBlocks(new Random(1), 3).SelectMany(block => block)])),
        new FuzzSeed("unpacked-positions", Make(ContentLayout.PackedPositions, BackupCompression.Auto, hasIds: false, PositionLists.MakeLists(new Random(2), 6))),
        new FuzzSeed("ids", Make(hasIds: true, new byte[500], [1, 2, 3])),
    ]);

    public override byte[] Mutate(byte[] seed, Random random)
    {
        if (seed.Length < PackFormat.TrailerLength || random.Next(6) == 0)
            return ByteMutation.Change(seed, random);
        var tableOffset = (int)Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(seed.AsSpan(seed.Length - PackFormat.TrailerLength + 8)), 0, seed.Length - 1);
        var changed = random.Next(3) == 0
            ? ByteMutation.Change(seed, random, 0, tableOffset)
            : ByteMutation.Change(seed, random, tableOffset, seed.Length - tableOffset - PackFormat.ChecksumLength);
        return WithChecksum(changed);
    }

    public override async Task RunAsync(byte[] input, CancellationToken cancellationToken)
    {
        var store = new MemoryObjectStore();
        store.Objects[PackFormat.NameOf(Pack)] = input;
        var before = GC.GetTotalAllocatedBytes();
        try
        {
            var reader = await PackReader.OpenUnreferencedAsync(store, Repository, Pack, input.Length, cancellationToken);
            using var codec = new ChunkCodec();
            var whole = await PackReader.CheckStoredBytesAsync(store, reader.Pack, _ => { }, cancellationToken);
            var scan = new PackScan(store, reader.Pack, reader, codec);
            await PackScan.RunAsync([scan], (_, _, _) => { }, _ => { }, _ => { }, cancellationToken);
            var scanned = scan.Result;
            if (scanned.Problem != whole)
                throw new InvalidOperationException($"One reader says that it {whole}, another that it {scanned.Problem}.");
            for (var chunk = 0; chunk < reader.Chunks.Length; chunk++)
                await EnsureSameAsync(reader, chunk, codec, scanned, cancellationToken);
        }
        catch (Exception exception) when (exception is DamageException or UnsupportedFormatException)
        {
            // That is the answer.
        }

        EnsureModest(before, input.Length, Allowance);
    }

    private static async Task EnsureSameAsync(PackReader reader, int chunk, ChunkCodec codec, PackScanResult scanned, CancellationToken cancellationToken)
    {
        var isGood = true;
        try
        {
            await reader.ReadAsync(new ChunkRun(0, chunk, 1, reader.Chunks[chunk].PlainLength), codec, _ => ValueTask.CompletedTask, cancellationToken);
        }
        catch (DamageException)
        {
            isGood = false;
        }

        // With ids only a scan compares.
        var isBad = scanned.BadChunks.Any(bad => bad.Number == chunk);
        if (isGood ? isBad && reader.Ids is null : !isBad)
            throw new InvalidOperationException($"Readers disagree about chunk {chunk}.");
    }

    private static byte[] Make(bool hasIds, params byte[][] chunks) => Make(ContentLayout.Opaque, BackupCompression.Auto, hasIds, chunks);

    private static byte[] Make(BackupCompression compression, byte[] blocks) => Make(ContentLayout.Lz4Blocks, compression, hasIds: false, blocks);

    private static byte[] Make(ContentLayout layout, BackupCompression compression, bool hasIds, params byte[][] chunks)
    {
        using var codec = new ChunkCodec(ChunkCompression.Of(compression));
        var pack = new List<byte>(new byte[ObjectHeader.Length]);
        var table = new List<byte>();
        foreach (var plain in chunks)
        {
            var stored = new byte[ChunkCodec.GetBound(plain.Length)];
            var length = codec.Encode(plain, stored, new byte[plain.Length], out var encoding, layout);
            var entry = new byte[PackFormat.EntryLengthOf(hasIds)];
            PackFormat.WriteTableEntry(entry, new PackChunk(encoding, pack.Count, length, plain.Length, ChunkCodec.Checksum(plain)));
            if (hasIds)
                ChunkId.Of(plain).Write(entry.AsSpan(PackFormat.TableEntryLength));
            table.AddRange(entry);
            pack.AddRange(stored.AsSpan(0, length));
        }

        var trailer = new byte[PackFormat.TrailerLength];
        PackFormat.WriteTrailer(trailer, pack.Count, chunks.Length, hasIds);
        byte[] bytes = [.. pack, .. table, .. trailer];
        ObjectHeader.Write(bytes, ObjectKind.Pack, Repository, new ObjectName(Pack));
        return WithChecksum(bytes);
    }

    private static byte[] WithChecksum(byte[] pack)
    {
        if (pack.Length >= PackFormat.ChecksumLength)
            BinaryPrimitives.WriteUInt128BigEndian(pack.AsSpan(pack.Length - PackFormat.ChecksumLength), XxHash128.HashToUInt128(pack.AsSpan(0, pack.Length - PackFormat.ChecksumLength)));
        return pack;
    }
}
