using Segvault.Archives.Compression;

namespace Segvault.Archives.Tar;

/// <summary>Writes a tar: plain ustar headers, with a pax header before those members that do not fit one.</summary>
internal sealed class TarWriter(CompressedWriter output)
{
    private readonly CompressedWriter _output = output;

    public ValueTask BeginAsync(TarMember member, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _output.WriteAsync(bytes, cancellationToken);

    /// <exception cref="InvalidOperationException">The bytes written are not as many as the member's length.</exception>
    public ValueTask EndAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Writes the end of the tar. Does not complete the writer underneath.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
