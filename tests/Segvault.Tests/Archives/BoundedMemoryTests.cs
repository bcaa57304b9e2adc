using System.IO.Compression;
using System.Text;
using Segvault.Archives.Compression;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Archives;

/// <summary>What claims to be large costs no more memory than what is there.</summary>
[Collection(nameof(MeasuresMemory))]
public sealed class BoundedMemoryTests
{
    [Fact]
    public async Task A_manifest_of_a_gigabyte_is_refused_before_it_is_read()
    {
        using var bench = new ArchiveBench(segments: 1);
        var archive = Path.Combine(bench.Archives.Path, "large.tar.gz");
        await using (var output = File.Create(archive))
        await using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        {
            gzip.Write(new HandmadeTar().Add("manifest.json", '0', change: header => Encoding.ASCII.GetBytes(Convert.ToString(1L << 30, 8).PadLeft(11, '0')).CopyTo(header, 124)).Bytes);
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 80; i++)
                gzip.Write(zeros);
        }

        var before = GC.GetTotalAllocatedBytes(precise: true);
        var exception = await Assert.ThrowsAnyAsync<SegvaultException>(() => bench.RestoreAsync(archive, TestContext.Current.CancellationToken));
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 100_000_000);
        Assert.Contains("manifest.json", exception.Message, StringComparison.Ordinal);
        Assert.Contains("1073741824 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task A_run_of_zeros_passes_through_little_memory(ArchiveFormat format)
    {
        const int Pieces = 256;
        byte[] zeros = new byte[1024 * 1024];
        MemoryStream file = new();
        await using (CompressedWriter writer = CompressedWriter.Create(format, 1, (bytes, ct) => file.WriteAsync(bytes, ct)))
        {
            for (int i = 0; i < Pieces; i++)
                await writer.WriteAsync(zeros, CancellationToken.None);
            await writer.CompleteAsync(CancellationToken.None);
        }

        long before = GC.GetTotalAllocatedBytes();
        await using CompressedReader reader = CompressedReader.Open(new MemoryStream(file.ToArray()));
        long total = 0;
        int length;
        while ((length = await reader.ReadAsync(zeros, CancellationToken.None)) > 0)
            total += length;
        Assert.Equal(Pieces * (long)zeros.Length, total);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 * 1024 * 1024);
    }
}

/// <summary>Allocations are counted for the whole process, so nothing else runs beside these tests.</summary>
[CollectionDefinition(nameof(MeasuresMemory), DisableParallelization = true)]
public sealed class MeasuresMemory;
