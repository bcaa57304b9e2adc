using Microsoft.Extensions.Logging;
using Segvault.Chunks;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>
/// The packs that one backup writes. Disposing discards the one that is being written. Those that are complete stay in the store even when the
/// backup fails: the next one may take them over, and what nobody needs is collected.
/// </summary>
internal sealed class PackSet(RepositoryObjects repository, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    private readonly List<PackReference> _packs = [];
    private readonly Dictionary<ObjectId, PackReference> _adopted = [];
    private readonly Dictionary<ObjectId, PackReference> _known = [];
    private readonly HeldPacks _held = new(repository, timeProvider, logger);
    private PackWriter? _open;
    private bool _committed;

    /// <summary>The packs written.</summary>
    public IReadOnlyList<PackReference> Packs => _packs;

    /// <summary>The packs that this backup is the first to refer to: those written and those taken over.</summary>
    public IReadOnlyList<PackReference> NewPacks => [.. _packs, .. _adopted.Values];

    public long BytesStored => _packs.Sum(pack => pack.Length);

    /// <summary>Bytes in the store of the chunks taken over.</summary>
    public long BytesResumed { get; private set; }

    /// <summary>What they hold, in bytes.</summary>
    public long PlainBytesResumed { get; private set; }

    /// <summary>Bytes of content that earlier backups' packs have, and that are referred to there.</summary>
    public long PlainBytesKnown { get; private set; }

    public async Task<(ObjectId Pack, int Index)> AppendAsync(EncodedChunk chunk, long targetLength, CancellationToken cancellationToken)
    {
        if (_open is not null && _open.Length + chunk.Stored.Length > targetLength)
            await CloseAsync(cancellationToken).ConfigureAwait(false);
        await _held.HoldWhenDueAsync(NewPacks, cancellationToken).ConfigureAwait(false);
        _open ??= await PackWriter.CreateAsync(repository.Store, repository.Id, cancellationToken).ConfigureAwait(false);
        var index = await _open.AppendAsync(chunk.Encoding, chunk.Stored, chunk.PlainLength, chunk.Checksum, cancellationToken, chunk.Id).ConfigureAwait(false);
        return (_open.Id, index);
    }

    /// <summary>Finishes the pack that is being written, if there is one.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_open is null)
            return;
        var reference = await _open.CompleteAsync(cancellationToken).ConfigureAwait(false);
        RepositoryLog.PackStored(logger, PackFormat.NameOf(reference.Id), _open.Chunks, reference.Length);
        await _open.DisposeAsync().ConfigureAwait(false);
        _open = null;
        _packs.Add(reference);
    }

    /// <summary>A pack that files just read are in: written, taken over, or an earlier backup's.</summary>
    public PackReference Find(ObjectId pack) =>
        _adopted.TryGetValue(pack, out var other) || _known.TryGetValue(pack, out other) ? other : _packs.First(reference => reference.Id == pack);

    /// <summary>Says of packs that another run left behind, and which may look abandoned for long, that they may be taken over.</summary>
    public Task HoldAsync(ResumablePacks resumable, CancellationToken cancellationToken) => _held.HoldAsync(resumable.Packs, cancellationToken);

    /// <summary>Refers to a chunk of a pack that another run left behind, instead of storing it again.</summary>
    public void TakeOver(TakenChunk chunk)
    {
        _adopted.TryAdd(chunk.Pack.Id, chunk.Pack);
        BytesResumed += chunk.StoredLength;
        PlainBytesResumed += chunk.PlainLength;
    }

    /// <summary>Refers to a chunk of a pack that an earlier backup refers to.</summary>
    public void Refer(PackReference pack, int plainLength)
    {
        _known.TryAdd(pack.Id, pack);
        PlainBytesKnown += plainLength;
    }

    /// <summary>Makes what a manifest refers to and was taken over as durable as what was written; false when some of it is gone.</summary>
    public async Task<bool> AdoptAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        foreach (var pack in manifest.Packs.Where(pack => _adopted.ContainsKey(pack.Id)))
        {
            if (!await repository.Store.AdoptAsync(PackFormat.NameOf(pack.Id), cancellationToken).ConfigureAwait(false))
                return false;
        }

        return true;
    }

    /// <summary>From now on an entry naming these packs is, or may be, in the log.</summary>
    public void Commit() => _committed = true;

    public async ValueTask DisposeAsync()
    {
        if (_open is not null)
            await DiscardAsync(_open).ConfigureAwait(false);
        if (!_committed && _packs.Count > 0)
            RepositoryLog.PacksLeft(logger, _packs.Count);
    }

    private static async Task DiscardAsync(PackWriter pack)
    {
        try
        {
            await pack.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // What is left of an upload harms nobody and is collected; the failure that led here is the one to tell.
        }
    }
}
