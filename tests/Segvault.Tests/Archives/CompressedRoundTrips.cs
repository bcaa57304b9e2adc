using Segvault.Archives.Compression;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

public sealed class CompressedRoundTrips
{
    private const int GzipBlock = 1024 * 1024;
    private const int ZstdBlock = 2 * 1024 * 1024;

    [Theory]
    [InlineData(ArchiveFormat.TarGz, GzipBlock)]
    [InlineData(ArchiveFormat.TarZst, ZstdBlock)]
    public async Task Every_length_around_the_blocks_comes_back(ArchiveFormat format, int block)
    {
        foreach (int length in (int[])[0, 1, 2, 511, block - 1, block, block + 1, (3 * block) + 17])
        {
            byte[] plain = Compressed.MakePlain(length);
            byte[] file = await Compressed.WriteAsync(format, plain);
            Compressed.AssertSame(plain, await Compressed.ReadAsync(file));
            Assert.Equal(EndMark.Whole, Compressed.Look(file));
        }
    }

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task Every_level_comes_back(ArchiveFormat format)
    {
        var (lowest, highest) = CompressionLevels.Range(format);
        byte[] plain = Compressed.MakePlain(200_000);
        for (int level = lowest; level <= highest; level++)
            Assert.Equal(plain, await Compressed.ReadAsync(await Compressed.WriteAsync(format, plain, level)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Compressed.WriteAsync(format, plain, lowest - 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Compressed.WriteAsync(format, plain, highest + 1));
    }

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task Noise_grows_by_less_than_one_percent(ArchiveFormat format)
    {
        byte[] plain = new byte[3_000_000];
        new Random(1).NextBytes(plain);
        foreach (int level in (int[])[1, CompressionLevels.Default(format)])
        {
            byte[] file = await Compressed.WriteAsync(format, plain, level);
            Assert.InRange(file.Length, 1, plain.Length * 1.01);
            Compressed.AssertSame(plain, await Compressed.ReadAsync(file));
        }
    }

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task The_same_bytes_give_the_same_file_however_they_are_written(ArchiveFormat format)
    {
        byte[] plain = Compressed.MakePlain(5_000_000);
        byte[] file = await Compressed.WriteAsync(format, plain, step: 1_000);
        Compressed.AssertSame(file, await Compressed.WriteAsync(format, plain, step: plain.Length));
        Compressed.AssertSame(plain, await Compressed.ReadAsync(file, step: 1_111));
    }

    [UnixTheory("Runs programs of Unix.")]
    [InlineData(ArchiveFormat.TarGz, "gzip", "-dc")]
    [InlineData(ArchiveFormat.TarGz, "python3", "-c", "import gzip,sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))")]
    [InlineData(ArchiveFormat.TarZst, "zstd", "-dc")]
    public async Task Other_programs_read_what_is_written(ArchiveFormat format, string program, params string[] arguments)
    {
        foreach (int length in (int[])[0, 1, 3_000_000])
        {
            byte[] plain = Compressed.MakePlain(length);
            byte[] seen = await Compressed.PipeAsync(await Compressed.WriteAsync(format, plain), program, arguments);
            Compressed.AssertSame(plain, seen);
        }
    }
}
