namespace Segvault.Archives.Compression;

/// <summary>Reads the plain bytes of a compressed file.</summary>
internal sealed class CompressedReader : IAsyncDisposable
{
    private CompressedReader()
    {
    }

    /// <summary>Compressed bytes consumed.</summary>
    public long BytesRead { get; }

    public static CompressedReader Open(Stream source) => throw new NotSupportedException();

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
