using Segvault.Archives.Compression;
using Xunit;

namespace Segvault.Tests.Archives;

public sealed class StoppedCompression
{
    private static readonly byte[] Plain = Compressed.MakePlain(12_000_000);

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task A_writer_whose_output_fails_stops_and_takes_nothing_more(ArchiveFormat format)
    {
        CompressedWriter writer = CompressedWriter.Create(format, 1, (_, _) => throw new IOException("full"));
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await writer.WriteAsync(Plain, CancellationToken.None);
            await writer.CompleteAsync(CancellationToken.None);
        });
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.WriteAsync(new byte[1], CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.CompleteAsync(CancellationToken.None));
        await writer.DisposeAsync();
        await writer.DisposeAsync();
    }

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task A_cancelled_writer_hands_over_nothing_more(ArchiveFormat format)
    {
        using CancellationTokenSource stop = new();
        int calls = 0;
        CompressedWriter writer = CompressedWriter.Create(format, 1, async (_, ct) =>
        {
            if (++calls == 2)
                await stop.CancelAsync();
            ct.ThrowIfCancellationRequested();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await writer.WriteAsync(Plain, stop.Token);
            await writer.CompleteAsync(stop.Token);
        });
        await writer.DisposeAsync();
        Assert.Equal(2, calls);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.WriteAsync(new byte[1], CancellationToken.None));
    }

    [Fact]
    public async Task A_completed_writer_takes_nothing_more()
    {
        await using CompressedWriter writer = CompressedWriter.Create(ArchiveFormat.TarGz, null, (_, _) => ValueTask.CompletedTask);
        await writer.CompleteAsync(CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.CompleteAsync(CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.WriteAsync(new byte[1], CancellationToken.None));
    }

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task A_cancelled_reader_does_not_go_on_as_if_nothing_had_been(ArchiveFormat format)
    {
        byte[] file = await Compressed.WriteAsync(format, Plain, level: 1);
        ClosedStream source = new(file);
        CompressedReader reader = CompressedReader.Open(source);
        byte[] buffer = new byte[1000];
        Assert.True(await reader.ReadAsync(buffer, CancellationToken.None) > 0);
        using CancellationTokenSource stop = new();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader.ReadAsync(buffer, stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader.ReadAsync(buffer, CancellationToken.None));
        await reader.DisposeAsync();
        Assert.True(source.IsClosed);
    }

    [Theory]
    [InlineData(ArchiveFormat.TarGz)]
    [InlineData(ArchiveFormat.TarZst)]
    public async Task What_is_good_before_damage_is_read_first(ArchiveFormat format)
    {
        byte[] file = await Compressed.WriteAsync(format, Plain, level: 1);
        await using CompressedReader reader = CompressedReader.Open(new MemoryStream(file[..^1]));
        byte[] buffer = new byte[Plain.Length];
        int total = 0;
        ArchiveFormatException problem = await Assert.ThrowsAsync<ArchiveFormatException>(async () =>
        {
            int length;
            while ((length = await reader.ReadAsync(buffer.AsMemory(total), CancellationToken.None)) > 0)
            {
                total += length;
                if (total == buffer.Length)
                    await reader.ReadAsync(new byte[1], CancellationToken.None);
            }
        });
        Assert.Equal("is cut off: its end is missing", problem.Message);
        Assert.True(total == Plain.Length && buffer.AsSpan().SequenceEqual(Plain));
    }

    [Theory]
    [InlineData("ours")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task An_error_of_the_disk_stays_an_error_of_the_disk(string kind)
    {
        byte[] file = kind switch
        {
            "ours" => await Compressed.WriteAsync(ArchiveFormat.TarGz, Plain, level: 1),
            "gzip" => ForeignGzip.Member(Plain),
            _ => ForeignZstd.Frame(Plain),
        };
        await using CompressedReader reader = CompressedReader.Open(new ClosedStream(file) { FailsAt = file.Length / 2 });
        byte[] buffer = new byte[100_000];
        IOException exception = await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (await reader.ReadAsync(buffer, CancellationToken.None) > 0)
            {
            }
        });
        Assert.Equal("the disk", exception.Message);
    }

    /// <summary>A file that knows whether it was closed, and may have a bad place.</summary>
    private sealed class ClosedStream(byte[] content) : MemoryStream(content)
    {
        public bool IsClosed { get; private set; }

        public long FailsAt { get; init; } = long.MaxValue;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position + buffer.Length > FailsAt ? throw new IOException("the disk") : base.ReadAsync(buffer, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            base.Dispose(disposing);
        }
    }
}
