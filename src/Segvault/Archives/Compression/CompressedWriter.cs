namespace Segvault.Archives.Compression;

/// <summary>Compresses a stream of bytes on all cores.</summary>
internal sealed class CompressedWriter : IAsyncDisposable
{
    private CompressedWriter()
    {
    }

    /// <summary>Compressed bytes handed over so far.</summary>
    public long BytesWritten { get; }

    public static CompressedWriter Create(ArchiveFormat format, int? level, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> put) => throw new NotSupportedException();

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask CompleteAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
