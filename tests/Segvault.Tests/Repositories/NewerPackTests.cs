using System.Buffers.Binary;
using System.IO.Hashing;
using Segvault.Chunks;
using Segvault.Repositories;
using Segvault.Testing.Stores;
using Xunit;

namespace Segvault.Tests.Repositories;

/// <summary>A pack that a newer version wrote asks for that version; one that only looks so is damaged.</summary>
public sealed class NewerPackTests
{
    private const int Unknown = 200;

    private static readonly ObjectId Repository = ObjectId.NewRandom();

    private readonly MemoryObjectStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_encoding_that_is_not_known_needs_a_newer_version()
    {
        var pack = await WriteAsync((ChunkEncoding)Unknown);
        var error = await Assert.ThrowsAsync<UnsupportedFormatException>(() => PackReader.OpenAsync(_store, Repository, pack, Token));
        Assert.Contains("newer version", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_of_another_kind_needs_a_newer_version_if_it_is_what_was_written()
    {
        var pack = await WriteAsync(ChunkEncoding.Raw);
        var name = PackFormat.NameOf(pack.Id);
        _store.Objects[name][^(PackFormat.TrailerLength - 28)] = 2;
        await Assert.ThrowsAsync<DamageException>(() => PackReader.OpenUnreferencedAsync(_store, Repository, pack.Id, pack.Length, Token));
        var checksum = XxHash128.HashToUInt128(_store.Objects[name].AsSpan()[..^PackFormat.ChecksumLength]);
        BinaryPrimitives.WriteUInt128BigEndian(_store.Objects[name].AsSpan()[^PackFormat.ChecksumLength..], checksum);
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => PackReader.OpenAsync(_store, Repository, pack with { Checksum = checksum }, Token));
    }

    [Fact]
    public async Task A_scan_tells_a_chunk_that_does_not_have_its_id()
    {
        var pack = await WriteAsync(ChunkEncoding.Raw, ChunkId.Of([1]));
        var reader = await PackReader.OpenAsync(_store, Repository, pack, Token);
        Assert.Equal(ChunkId.Of([1]), Assert.Single(reader.Ids!));
        using var codec = new ChunkCodec();
        var scan = new PackScan(_store, pack, reader, codec);
        await PackScan.RunAsync([scan], (_, _, _) => { }, _ => { }, _ => { }, Token);
        Assert.Equal("does not have its id", Assert.Single(scan.Result.BadChunks).Problem);
    }

    [Fact]
    public async Task A_flipped_bit_is_damage_and_no_newer_version()
    {
        var pack = await WriteAsync(ChunkEncoding.Raw);
        var bytes = _store.Objects[PackFormat.NameOf(pack.Id)];
        var table = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(bytes.Length - PackFormat.TrailerLength + 8));
        bytes[table] ^= 64;
        await Assert.ThrowsAsync<DamageException>(() => PackReader.OpenAsync(_store, Repository, pack, Token));
    }

    private async Task<PackReference> WriteAsync(ChunkEncoding encoding, ChunkId? id = null)
    {
        var writer = await PackWriter.CreateAsync(_store, Repository, Token);
        await writer.AppendAsync(encoding, new byte[100], 100, XxHash3.HashToUInt64(new byte[100]), Token, id);
        return await writer.CompleteAsync(Token);
    }
}
