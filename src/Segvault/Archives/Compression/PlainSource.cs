namespace Segvault.Archives.Compression;

/// <summary>Reads the plain bytes of one way of compressing. It owns the file.</summary>
internal abstract class PlainSource(Stream file) : IAsyncDisposable
{
    private const int BufferLength = 256 * 1024;

    /// <summary>Compressed bytes read so far.</summary>
    public long BytesRead { get; protected set; }

    protected Stream File { get; } = new BufferedStream(file, BufferLength);

    /// <summary>Reads some bytes; 0 when the end was reached and proved.</summary>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    public virtual ValueTask DisposeAsync() => File.DisposeAsync();
}
