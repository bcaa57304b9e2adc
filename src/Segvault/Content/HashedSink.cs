using System.Security.Cryptography;

namespace Segvault.Content;

/// <summary>Hands a file on, and sees before it is complete that it is the one wanted.</summary>
/// <param name="inner">Takes the bytes.</param>
/// <param name="file">The file wanted.</param>
/// <param name="wrong">Says that it is another.</param>
/// <param name="onRead">Told of bytes as they pass.</param>
internal sealed class HashedSink(IContentSink? inner, BackupFile file, Func<Exception> wrong, Action<int>? onRead = null) : IContentSink
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _hash.AppendData(bytes.Span);
        if (inner is not null)
            await inner.AppendAsync(bytes, cancellationToken).ConfigureAwait(false);
        onRead?.Invoke(bytes.Length);
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (Convert.ToHexStringLower(_hash.GetHashAndReset()) != file.Sha256)
            throw wrong();
        if (inner is not null)
            await inner.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        if (inner is not null)
            await inner.DisposeAsync().ConfigureAwait(false);
    }
}
