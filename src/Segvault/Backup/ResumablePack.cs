using Segvault.Chunks;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>A pack that an interrupted backup left behind. Before anything of it is used, all its stored bytes are compared with its checksum, once.</summary>
internal sealed class ResumablePack
{
    private readonly PackReader _reader;
    private readonly CancellationToken _cancellationToken;
    private readonly Lazy<Task<bool>> _sound;

    private ResumablePack(RepositoryObjects repository, PackReader reader, CancellationToken cancellationToken)
    {
        _reader = reader;
        _cancellationToken = cancellationToken;
        _sound = new Lazy<Task<bool>>(() => TryAsync(
            async () => await PackReader.CheckStoredBytesAsync(repository.Store, reader.Pack, _ => { }, cancellationToken).ConfigureAwait(false) is null));
    }

    public PackReference Pack => _reader.Pack;

    public IReadOnlyList<PackChunk> Chunks => _reader.Chunks;

    /// <summary>Opens it; null when it is damaged or gone.</summary>
    public static async Task<ResumablePack?> TryOpenAsync(RepositoryObjects repository, ObjectId pack, long length, CancellationToken cancellationToken)
    {
        PackReader? reader = null;
        await TryAsync(async () =>
        {
            reader = await PackReader.OpenUnreferencedAsync(repository.Store, repository.Id, pack, length, cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        return reader is null ? null : new ResumablePack(repository, reader, cancellationToken);
    }

    /// <summary>True when a chunk decodes to exactly these bytes.</summary>
    public async Task<bool> HoldsAsync(int chunk, ReadOnlyMemory<byte> plain, ChunkCodec codec)
    {
        if (!await _sound.Value.ConfigureAwait(false))
            return false;
        var same = false;
        return await TryAsync(async () =>
        {
            var run = new ChunkRun(0, chunk, 1, plain.Length);
            await _reader.ReadAsync(
                run,
                codec,
                bytes =>
                {
                    same = bytes.Span.SequenceEqual(plain.Span);
                    return ValueTask.CompletedTask;
                },
                _cancellationToken).ConfigureAwait(false);
            return same;
        }).ConfigureAwait(false);
    }

    /// <summary>A pack that cannot be read is not used: the bytes to be stored are at hand.</summary>
    private static async Task<bool> TryAsync(Func<Task<bool>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DamageException or UnsupportedFormatException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
