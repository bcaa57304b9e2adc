using System.Collections.Immutable;
using System.IO.Hashing;
using Segvault.Chunks;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Reads every byte of a pack once, in order: compares them with the pack's checksum, and decodes every chunk and compares it with its checksum and its id.</summary>
/// <param name="store">Where the pack is.</param>
/// <param name="pack">The pack, as a manifest records it.</param>
/// <param name="reader">Has its table, which was read and is sound: its chunks lie one after another between header and table.</param>
/// <param name="codec">Decodes chunks.</param>
internal sealed class PackScan(ObjectStore store, PackReference pack, PackReader reader, ChunkCodec codec)
{
    private readonly XxHash128 _checksum = new();
    private readonly ImmutableArray<BadChunk>.Builder _bad = ImmutableArray.CreateBuilder<BadChunk>();
    private ShortRead? _missing;

    public PackReference Pack => pack;

    /// <summary>What kept the pack from being read to its end, which says nothing about the pack; null when nothing did.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>What reading it told, once it was read to its end.</summary>
    public PackScanResult Result => new(PackReader.Explain(pack, _missing, _checksum), _bad.ToImmutable());

    /// <summary>Reads packs one after another: the next one is read while chunks of the one before are decoded still.</summary>
    /// <param name="scans">The packs.</param>
    /// <param name="receive">Takes every chunk that is good, by its pack and its number there, decoded.</param>
    /// <param name="onEnd">Told of each pack, in order, when there is nothing more of it.</param>
    /// <param name="onRead">Takes the number of bytes after every read, on another thread than the rest.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    public static async Task RunAsync(
        IReadOnlyList<PackScan> scans,
        Action<PackScan, int, ReadOnlyMemory<byte>> receive,
        Action<PackScan> onEnd,
        Action<int> onRead,
        CancellationToken cancellationToken)
    {
        var ended = 0;
        await OrderedWork<DecodedChunks>.RunAsync(
            async (work, token) =>
            {
                foreach (var scan in scans)
                    await scan.ReadAsync(onRead, work, token).ConfigureAwait(false);
            },
            decoded =>
            {
                while (!scans[ended].Has(decoded))
                    onEnd(scans[ended++]);
                scans[ended].Take(decoded, receive);
                return ValueTask.CompletedTask;
            },
            cancellationToken).ConfigureAwait(false);
        while (ended < scans.Count)
            onEnd(scans[ended++]);
    }

    private async Task ReadAsync(Action<int> onRead, OrderedWork<DecodedChunks> work, CancellationToken cancellationToken)
    {
        try
        {
            _missing = await ReadFrameAsync(0, ObjectHeader.Length, onRead, cancellationToken).ConfigureAwait(false)
                ?? await reader.HandOverAsync(
                    0,
                    reader.Chunks.Length,
                    codec,
                    checkIds: true,
                    stored => Take(stored.Span, onRead),
                    work,
                    cancellationToken).ConfigureAwait(false)
                ?? await ReadFrameAsync(reader.ChunksEnd, pack.Length - PackFormat.ChecksumLength, onRead, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DamageException or IOException or UnauthorizedAccessException)
        {
            Failure = exception;
        }
    }

    /// <summary>Reads header, table or trailer.</summary>
    private Task<ShortRead?> ReadFrameAsync(long offset, long end, Action<int> onRead, CancellationToken cancellationToken) =>
        PackReader.ReadBytesAsync(store, pack, offset, end, stored => Take(stored.Span, onRead), cancellationToken);

    private void Take(ReadOnlySpan<byte> stored, Action<int> onRead)
    {
        _checksum.Append(stored);
        onRead(stored.Length);
    }

    private bool Has(DecodedChunks decoded) => decoded.Pack == reader;

    private void Take(DecodedChunks decoded, Action<PackScan, int, ReadOnlyMemory<byte>> receive)
    {
        _bad.AddRange(decoded.Bad);
        foreach (var (number, content) in decoded.Good())
            receive(this, number, content);
    }
}

/// <summary>What reading a whole pack told.</summary>
/// <param name="Problem">What is wrong with it as a whole, as the end of a sentence that begins with its name; null when its bytes are those that were written.</param>
/// <param name="BadChunks">The chunks that are not what was stored.</param>
internal sealed record PackScanResult(string? Problem, ImmutableArray<BadChunk> BadChunks)
{
    public bool IsGood => Problem is null && BadChunks.IsEmpty;
}
