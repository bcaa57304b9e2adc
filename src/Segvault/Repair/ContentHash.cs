using System.Security.Cryptography;
using Segvault.Content;

namespace Segvault.Repair;

/// <summary>Reads content to see whether it is the one wanted.</summary>
internal static class ContentHash
{
    /// <summary>False also when it cannot be read.</summary>
    public static async Task<bool> IsAsync(string sha256, Func<Func<ReadOnlyMemory<byte>, ValueTask>, Task> read)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            await read(bytes =>
            {
                hash.AppendData(bytes.Span);
                return ValueTask.CompletedTask;
            }).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SegvaultException or IOException or UnauthorizedAccessException)
        {
            return false;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == sha256;
    }
}

/// <summary>Hands the bytes of a file to a function.</summary>
internal sealed class ReceivingSink(Func<ReadOnlyMemory<byte>, ValueTask> receive) : IContentSink
{
    public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => receive(bytes);

    public ValueTask CompleteAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
