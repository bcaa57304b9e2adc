using Microsoft.Extensions.Logging;
using Segvault.Chunks;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>The packs that one backup writes. Unless the backup was committed, or a commit was attempted, disposing deletes them.</summary>
internal sealed class PackSet(RepositoryObjects repository, ILogger logger) : IAsyncDisposable
{
    private readonly List<PackReference> _packs = [];
    private readonly List<BackupId> _manifests = [];
    private PackWriter? _open;
    private bool _keep;

    public IReadOnlyList<PackReference> Packs => _packs;

    public long BytesStored => _packs.Sum(pack => pack.Length);

    public async Task<(ObjectId Pack, int Index)> AppendAsync(EncodedChunk chunk, long targetLength, CancellationToken cancellationToken)
    {
        if (_open is not null && _open.Length + chunk.Stored.Length > targetLength)
            await CloseAsync(cancellationToken).ConfigureAwait(false);
        _open ??= await PackWriter.CreateAsync(repository.Store, repository.Id, cancellationToken).ConfigureAwait(false);
        var index = await _open.AppendAsync(chunk.Encoding, chunk.Stored, chunk.PlainLength, chunk.Checksum, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Counts a manifest among what is deleted when the backup fails.</summary>
    public void Own(BackupId manifest) => _manifests.Add(manifest);

    /// <summary>From now on nothing may be deleted: an entry naming these objects is, or may be, in the log.</summary>
    public void Keep() => _keep = true;

    public async ValueTask DisposeAsync()
    {
        if (_open is not null)
            await DiscardAsync(() => _open.DisposeAsync()).ConfigureAwait(false);
        if (_keep)
            return;
        var names = _packs.Select(pack => PackFormat.NameOf(pack.Id)).Concat(_manifests.Select(ManifestStore.NameOf));

        // An open pack whose completion failed may have got its name all the same.
        foreach (var name in _open is null ? names : names.Append(PackFormat.NameOf(_open.Id)))
        {
            await DiscardAsync(async () => await repository.Store.DeleteAsync(name, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
        }

        RepositoryLog.PacksDeleted(logger, _packs.Count);
    }

    private static async Task DiscardAsync(Func<ValueTask> discard)
    {
        try
        {
            await discard().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Unreferenced objects harm nobody and are collected; the failure that led here is the one to tell.
        }
    }
}
