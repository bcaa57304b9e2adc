using System.Collections.Immutable;
using System.IO.Hashing;
using Segvault.Chunks;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Reads every byte of a pack once, in order: compares them with the pack's checksum, and decodes every chunk and compares it with its own.</summary>
/// <param name="store">Where the pack is.</param>
/// <param name="pack">The pack, as a manifest records it.</param>
/// <param name="reader">Has its table, which was read and is sound: its chunks lie one after another between header and table.</param>
/// <param name="codec">Decodes chunks.</param>
internal sealed class PackScan(ObjectStore store, PackReference pack, PackReader reader, ChunkCodec codec)
{
    private readonly XxHash128 _checksum = new();
    private readonly ImmutableArray<BadChunk>.Builder _bad = ImmutableArray.CreateBuilder<BadChunk>();

    /// <summary>Reads the pack.</summary>
    /// <param name="receive">Takes every chunk that is good, by its number, decoded.</param>
    /// <param name="onRead">Takes the number of bytes after every read, on any thread.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="IOException">The store failed, which says nothing about the pack.</exception>
    public async Task<PackScanResult> RunAsync(Action<int, ReadOnlyMemory<byte>> receive, Action<int> onRead, CancellationToken cancellationToken)
    {
        var missing = await ReadFrameAsync(0, ObjectHeader.Length, onRead, cancellationToken).ConfigureAwait(false)
            ?? await reader.DecodeAsync(
                0,
                reader.Chunks.Length,
                codec,
                stored => Take(stored.Span, onRead),
                decoded => Take(decoded, receive),
                cancellationToken).ConfigureAwait(false)
            ?? await ReadFrameAsync(reader.ChunksEnd, pack.Length - PackFormat.ChecksumLength, onRead, cancellationToken).ConfigureAwait(false);
        return new PackScanResult(PackReader.Explain(pack, missing, _checksum), _bad.ToImmutable());
    }

    /// <summary>Reads header, table or trailer.</summary>
    private Task<ShortRead?> ReadFrameAsync(long offset, long end, Action<int> onRead, CancellationToken cancellationToken) =>
        PackReader.ReadBytesAsync(store, pack, offset, end, stored => Take(stored.Span, onRead), cancellationToken);

    private void Take(ReadOnlySpan<byte> stored, Action<int> onRead)
    {
        _checksum.Append(stored);
        onRead(stored.Length);
    }

    private ValueTask Take(DecodedChunks decoded, Action<int, ReadOnlyMemory<byte>> receive)
    {
        _bad.AddRange(decoded.Bad);
        foreach (var (number, content) in decoded.Good())
            receive(number, content);
        return ValueTask.CompletedTask;
    }
}

/// <summary>What reading a whole pack told.</summary>
/// <param name="Problem">What is wrong with it as a whole, as the end of a sentence that begins with its name; null when its bytes are those that were written.</param>
/// <param name="BadChunks">The chunks that are not what was stored.</param>
internal sealed record PackScanResult(string? Problem, ImmutableArray<BadChunk> BadChunks)
{
    public bool IsGood => Problem is null && BadChunks.IsEmpty;
}
