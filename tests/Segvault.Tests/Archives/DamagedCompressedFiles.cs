using Segvault.Archives.Compression;
using Xunit;

namespace Segvault.Tests.Archives;

public sealed class DamagedCompressedFiles
{
    private static readonly byte[] Plain = Compressed.MakePlain(200);

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_file_cut_at_any_byte_is_refused(string kind)
    {
        byte[] file = await MakeAsync(kind);
        Assert.Equal(Plain, await Compressed.ReadAsync(file));
        for (int length = 0; length < file.Length; length++)
            Assert.True(await Compressed.TryReadAsync(file[..length]) is null, $"{kind}, cut at {length} of {file.Length}, was read");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_flipped_bit_is_refused_or_changes_nothing(string kind)
    {
        byte[] file = await MakeAsync(kind);
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            byte[] damaged = [.. file];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            if (await Compressed.TryReadAsync(damaged) is { } read)
                Assert.True(Plain.AsSpan().SequenceEqual(read), $"{kind} with bit {bit % 8} of byte {bit / 8} flipped was read as something else");
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Anything_after_the_end_is_refused(string kind)
    {
        byte[] file = await MakeAsync(kind);
        byte[][] tails = [[0], [0x1f], [0x1f, 0x8b], [0x28, 0xb5, 0x2f], [0x50, 0x2a, 0x4d, 0x18], new byte[512], new byte[300_000], "garbage"u8.ToArray(), file[..20]];
        foreach (byte[] tail in tails)
            Assert.True(await Compressed.TryReadAsync([.. file, .. tail]) is null, $"{kind} with {tail.Length} bytes after its end was read");
    }

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task A_lost_end_is_seen_without_decompressing(ArchiveFormat format)
    {
        byte[] file = await Compressed.WriteAsync(format, Plain);
        Assert.Equal(EndMark.Whole, Compressed.Look(file));
        for (int length = 4; length < file.Length; length += 5)
            Assert.Equal(EndMark.Cut, Compressed.Look(file[..length]));
        Assert.Equal(EndMark.Cut, Compressed.Look([.. file, 0]));
        Assert.Equal(EndMark.Cut, Compressed.Look([.. file, .. file]));
        Assert.Equal(EndMark.None, Compressed.Look([]));
        Assert.Equal(EndMark.None, Compressed.Look(Plain));
        Assert.Equal(EndMark.None, Compressed.Look(await MakeAsync("gzip of others")));
        Assert.Equal(EndMark.None, Compressed.Look(await MakeAsync("zstd of others")));
    }

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task Blocks_that_are_missing_doubled_or_exchanged_do_not_go_unnoticed(ArchiveFormat format)
    {
        byte[] plain = Compressed.MakePlain(9_000_000);
        byte[] file = await Compressed.WriteAsync(format, plain, level: 1);
        byte[] shorter = await Compressed.WriteAsync(format, plain[..4_194_304], level: 1);
        int mark = format is ArchiveFormat.TarGz ? 34 : 32;
        Assert.True(file.AsSpan().StartsWith(shorter.AsSpan(0, shorter.Length - mark)), "the blocks are not where this test takes them to be");
        byte[] gap = [.. file[..^mark][..(shorter.Length - mark)], .. file[^mark..]];
        Assert.Null(await Compressed.TryReadAsync(gap));
        Assert.Equal(EndMark.Cut, Compressed.Look(gap));
        Assert.Null(await Compressed.TryReadAsync([.. shorter, .. file]));
    }

    [Fact]
    public async Task Problems_end_a_sentence_that_begins_with_the_archive()
    {
        byte[] file = await Compressed.WriteAsync(ArchiveFormat.TarGz, Plain);
        byte[] foreign = await MakeAsync("gzip of others");
        Assert.Equal("is empty", await ProblemAsync([]));
        Assert.Equal("is compressed neither with gzip nor with zstd", await ProblemAsync(Plain));
        Assert.Equal("is cut off: its end is missing", await ProblemAsync(file[..^1]));
        Assert.Equal("has 3 bytes after its end", await ProblemAsync([.. file, 1, 2, 3]));
        Assert.Equal("ends in the middle of a gzip member", await ProblemAsync(foreign[..^1]));
        Assert.Equal("has bytes after its end that are no gzip member", await ProblemAsync([.. foreign, 1, 2, 3]));
        Assert.Equal("ends in the middle of a zstd frame", await ProblemAsync((await MakeAsync("zstd of others"))[..^1]));
    }

    public static TheoryData<string> Files => ["gzip", "zstd", "gzip of others", "zstd of others"];

    private static async Task<byte[]> MakeAsync(string kind) => kind switch
    {
        "gzip" => await Compressed.WriteAsync(ArchiveFormat.TarGz, Plain),
        "zstd" => await Compressed.WriteAsync(ArchiveFormat.TarZst, Plain),
        "gzip of others" => ForeignGzip.Member(Plain),
        "zstd of others" => ForeignZstd.Frame(Plain),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static async Task<string> ProblemAsync(byte[] file) =>
        (await Assert.ThrowsAsync<ArchiveFormatException>(() => Compressed.ReadAsync(file))).Message;
}
