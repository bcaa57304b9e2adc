namespace Segvault.Archives.Tar;

/// <summary>Reads a tar, strictly. It does not judge names.</summary>
internal sealed class TarReader(Func<Memory<byte>, CancellationToken, ValueTask<int>> read)
{
    /// <summary>The next member; null at the end, which was then proved to be one. What was not read of the member before is skipped.</summary>
    public ValueTask<TarMember?> NextAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Content of the member; 0 at its end.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => read(buffer, cancellationToken);
}
