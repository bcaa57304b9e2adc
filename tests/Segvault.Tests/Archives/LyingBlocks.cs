using System.Buffers.Binary;
using System.IO.Hashing;
using Segvault.Archives.Compression;
using Xunit;

namespace Segvault.Tests.Archives;

public sealed class LyingBlocks
{
    private const int GzipLengthOffset = 16;
    private const int ZstdOpening = 16;
    private static readonly byte[] Plain = Compressed.MakePlain(3000);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(28)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public async Task A_gzip_member_of_another_length_than_its_extra_field_says_is_refused(int lie)
    {
        byte[] file = await Compressed.WriteAsync(ArchiveFormat.TarGz, Plain);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(GzipLengthOffset), lie);
        Assert.Null(await Compressed.TryReadAsync(file));
    }

    [Fact]
    public async Task A_length_that_is_off_by_little_is_refused()
    {
        byte[] file = await Compressed.WriteAsync(ArchiveFormat.TarGz, Plain);
        int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(GzipLengthOffset));
        for (int lie = length - 30; lie < file.Length + 30; lie++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(GzipLengthOffset), lie);
            Assert.Equal(lie == length, await Compressed.TryReadAsync(file) is not null);
        }
    }

    [Fact]
    public async Task Bytes_hidden_between_the_deflate_data_and_its_checksum_are_refused()
    {
        foreach (byte[] hidden in (byte[][])[[], [0], [1, 2, 3], ForeignGzip.Deflate([9])])
        {
            byte[] member = Block([.. ForeignGzip.Deflate(Plain), .. hidden], Plain);
            byte[] read = await Compressed.TryReadAsync([.. member, .. EndMark(member.Length)]) ?? [];
            Assert.Equal(hidden.Length == 0 ? Plain : [], read);
        }
    }

    [Fact]
    public async Task Deflate_data_without_its_last_code_is_refused_though_nothing_is_missing_from_it()
    {
        byte[] data = ForeignGzip.Deflate([.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        byte[] plain = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        byte[] whole = Block(data, plain);
        byte[] cut = Block(data[..^1], plain);
        Assert.Equal(plain, await Compressed.ReadAsync([.. whole, .. EndMark(whole.Length)]));
        Assert.Null(await Compressed.TryReadAsync([.. cut, .. EndMark(cut.Length)]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(1 << 30)]
    public async Task A_gzip_member_with_more_or_less_in_it_than_its_trailer_says_is_refused(int difference)
    {
        byte[] member = Block(ForeignGzip.Deflate(Plain), Plain);
        BinaryPrimitives.WriteInt32LittleEndian(member.AsSpan(member.Length - 4), Plain.Length + difference);
        Assert.Null(await Compressed.TryReadAsync([.. member, .. EndMark(member.Length)]));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(0, int.MinValue)]
    [InlineData(4, 0)]
    [InlineData(4, 2999)]
    [InlineData(4, 3001)]
    [InlineData(4, int.MaxValue)]
    public async Task A_zstd_frame_of_other_lengths_than_the_frame_before_it_says_is_refused(int field, int lie)
    {
        byte[] file = await Compressed.WriteAsync(ArchiveFormat.TarZst, Plain);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(ZstdOpening + 8 + field), lie);
        Assert.Null(await Compressed.TryReadAsync(file));
    }

    [Fact]
    public async Task A_large_claim_in_a_small_file_reserves_nothing()
    {
        byte[] file = await Compressed.WriteAsync(ArchiveFormat.TarGz, Plain);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(GzipLengthOffset), 4_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(await Compressed.TryReadAsync(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    private static byte[] Block(byte[] data, byte[] plain)
    {
        byte[] member = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, (byte)'S', (byte)'V', 4, 0, 0, 0, 0, 0, .. data, .. BitConverter.GetBytes(Crc32.HashToUInt32(plain)), .. BitConverter.GetBytes(plain.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(member.AsSpan(GzipLengthOffset), member.Length);
        return member;
    }

    private static byte[] EndMark(int before)
    {
        using GzipBlocks blocks = new(6);
        return blocks.MakeEndMark(before + blocks.EndMarkLength);
    }
}
