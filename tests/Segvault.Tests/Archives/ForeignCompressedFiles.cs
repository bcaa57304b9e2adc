using Segvault.Archives.Compression;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

public sealed class ForeignCompressedFiles
{
    private static readonly byte[] Plain = Compressed.MakePlain(300_000);

    [Fact]
    public async Task Every_field_of_a_gzip_header_is_understood()
    {
        byte[][] members =
        [
            ForeignGzip.Member(Plain),
            ForeignGzip.Member(Plain, name: "index.tar"),
            ForeignGzip.Member(Plain, comment: "made by hand"),
            ForeignGzip.Member(Plain, extra: "AP\u0004\u0000abcd"u8.ToArray()),
            ForeignGzip.Member(Plain, extra: new byte[60_000]),
            ForeignGzip.Member(Plain, headerChecksum: true),
            ForeignGzip.Member(Plain, name: "näme", comment: "all", extra: [1, 2, 3], headerChecksum: true),
        ];
        foreach (byte[] member in members)
        {
            Compressed.AssertSame(Plain, await Compressed.ReadAsync(member));
            Assert.Equal(EndMark.None, Compressed.Look(member));
        }

        byte[] all = await Compressed.ReadAsync([.. members.SelectMany(member => member)]);
        Compressed.AssertSame([.. members.SelectMany(_ => Plain)], all);
    }

    [Fact]
    public async Task A_wrong_gzip_header_is_refused()
    {
        byte[] member = ForeignGzip.Member(Plain, name: "n", headerChecksum: true);
        foreach (var (offset, value) in ((int, byte)[])[(2, 7), (3, 0xe0), (12, 0x55)])
        {
            byte[] wrong = [.. member];
            wrong[offset] ^= value;
            Assert.Null(await Compressed.TryReadAsync(wrong));
        }
    }

    [Fact]
    public async Task Empty_members_between_others_are_no_end()
    {
        byte[] empty = ForeignGzip.Member([]);
        byte[] file = [.. empty, .. ForeignGzip.Member(Plain), .. empty, .. empty, .. ForeignGzip.Member([1]), .. empty];
        byte[] both = [.. Plain, 1];
        Compressed.AssertSame(both, await Compressed.ReadAsync(file));
        Assert.Empty(await Compressed.ReadAsync(empty));
        Assert.Null(await Compressed.TryReadAsync(file[..^1]));
    }

    [Fact]
    public async Task Foreign_members_before_those_of_an_archive_are_read_as_one_file()
    {
        byte[] archive = await Compressed.WriteAsync(ArchiveFormat.TarGz, Plain);
        byte[] both = [1, .. Plain];
        Compressed.AssertSame(both, await Compressed.ReadAsync([.. ForeignGzip.Member([1]), .. archive]));
        Assert.Null(await Compressed.TryReadAsync([.. archive, .. ForeignGzip.Member([1])]));
    }

    [UnixTheory("Runs programs of Unix.")]
    [InlineData("gzip", "-c", "-1")]
    [InlineData("python3", "-c", "import gzip,sys; f=gzip.GzipFile('n.tar','wb',6,sys.stdout.buffer); f.write(sys.stdin.buffer.read()); f.close()")]
    [InlineData("python3", "-c", "import gzip,sys; d=sys.stdin.buffer.read(); [sys.stdout.buffer.write(gzip.compress(d[i:i+7])) for i in range(0,len(d),7)]")]
    [InlineData("pigz", "-c", "-p2", "-b128")]
    [InlineData("zstd", "-c", "-q")]
    [InlineData("zstd", "-c", "-q", "--long=27")]
    public async Task What_other_programs_compress_is_read(string program, params string[] arguments)
    {
        byte[] file = await Compressed.PipeAsync(Plain, program, arguments);
        Compressed.AssertSame(Plain, await Compressed.ReadAsync(file));
        Assert.Null(await Compressed.TryReadAsync(file[..^1]));
        Assert.Null(await Compressed.TryReadAsync([.. file, 0]));
        Assert.Equal(EndMark.None, Compressed.Look(file));
    }

    [Fact]
    public async Task Many_zstd_frames_and_skippable_ones_are_one_file()
    {
        byte[] frame = ForeignZstd.Frame(Plain);
        byte[] file = [.. ForeignZstd.Skippable([]), .. frame, .. ForeignZstd.Skippable(new byte[200_000]), .. ForeignZstd.Frame([]), .. frame, .. ForeignZstd.Skippable([1])];
        byte[] twice = [.. Plain, .. Plain];
        Compressed.AssertSame(twice, await Compressed.ReadAsync(file));
        Assert.Null(await Compressed.TryReadAsync(file[..^1]));
    }

    [Fact]
    public async Task A_zstd_frame_that_wants_a_large_window_or_a_dictionary_is_refused()
    {
        // The window is the byte after the descriptor: five bits of exponent, from 1 KiB, and three of mantissa.
        byte[] wide = ForeignZstd.Frame(Plain);
        Assert.Equal(0, wide[4] & 0x23);
        wide[5] = 17 << 3;
        Compressed.AssertSame(Plain, await Compressed.ReadAsync(wide));
        wide[5]++;
        Assert.Equal("has a zstd frame that needs more than 128 MiB of memory to be read", await ProblemAsync(wide));

        byte[] foreign = ForeignZstd.Frame(Plain);
        foreign[4] |= 1;
        Assert.Equal("has a zstd frame that needs a dictionary", await ProblemAsync([.. foreign[..6], 7, .. foreign[6..]]));
        Compressed.AssertSame(Plain, await Compressed.ReadAsync([.. foreign[..6], 0, .. foreign[6..]]));
    }

    private static async Task<string> ProblemAsync(byte[] file) =>
        (await Assert.ThrowsAsync<ArchiveFormatException>(() => Compressed.ReadAsync(file))).Message;
}
