using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Segvault.Chunks;
using Segvault.Repositories;
using Segvault.Storage;

namespace Segvault.Backup;

/// <summary>
/// Packs that interrupted backups left behind. Which ones are looked at is a matter of cost alone: the listing's times and the manifests read only
/// keep packs away that others refer to. A chunk is taken over because its bytes were compared with those in hand, out of a pack that nothing in the
/// log speaks against.
/// </summary>
internal sealed class ResumablePacks
{
    /// <summary>Whoever stores less than a chunk stores it sooner than tables are read.</summary>
    public const long WorthLooking = FixedCutter.ChunkLength;

    private const int MostPacks = 4096;
    private const int MostManifests = 256;
    private const int Parallelism = 8;

    // The store's clock and the one that dated the newest backup may differ.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(10);

    private readonly Dictionary<ChunkKey, (ResumablePack Pack, int Index)> _chunks = [];

    private ResumablePacks(IReadOnlyCollection<ResumablePack> packs)
    {
        Packs = [.. packs.Select(pack => pack.Pack)];
        Length = packs.Sum(pack => pack.Pack.Length);
        foreach (var pack in packs)
        {
            for (var i = 0; i < pack.Chunks.Count; i++)
                _chunks.TryAdd(new ChunkKey(pack.Chunks[i].Checksum, pack.Chunks[i].PlainLength), (pack, i));
        }
    }

    public ImmutableArray<PackReference> Packs { get; }

    /// <summary>Bytes of all of them in the store.</summary>
    public long Length { get; }

    /// <summary>
    /// Finds packs that were stored since the newest backup of this name was pinned, and that no live backup refers to as far as that can be seen
    /// cheaply. When there are none, nothing but the listing was read.
    /// </summary>
    /// <param name="repository">The repository.</param>
    /// <param name="state">Its log.</param>
    /// <param name="stored">The packs in the store.</param>
    /// <param name="name">The index's name.</param>
    /// <param name="parents">Manifests that were read anyway.</param>
    /// <param name="written">Packs that this run wrote.</param>
    /// <param name="cancellationToken">Stops the call, and every read made later.</param>
    public static async Task<ResumablePacks?> FindAsync(
        RepositoryObjects repository,
        LogState state,
        IEnumerable<StoredObject> stored,
        string name,
        IReadOnlyList<BackupManifest> parents,
        IReadOnlyList<PackReference> written,
        CancellationToken cancellationToken)
    {
        var since = state.NewestOf(name) is { } newest && newest.PinnedAt - DateTimeOffset.MinValue > Tolerance ? newest.PinnedAt - Tolerance : DateTimeOffset.MinValue;
        var candidates = Choose(state, stored.Where(pack => pack.ModifiedAt >= since), parents.SelectMany(manifest => manifest.Packs).Concat(written));
        await LeaveOutReferencedAsync(repository, state, since, parents, candidates, cancellationToken).ConfigureAwait(false);
        if (candidates.Count == 0)
            return null;
        var packs = new ConcurrentBag<ResumablePack>();
        await Parallel.ForEachAsync(
            candidates.OrderByDescending(entry => entry.Value.ModifiedAt).Take(MostPacks),
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
            async (entry, token) =>
            {
                if (await ResumablePack.TryOpenAsync(repository, entry.Key, entry.Value.Length, cancellationToken).ConfigureAwait(false) is { } pack)
                    packs.Add(pack);
            }).ConfigureAwait(false);
        return packs.IsEmpty ? null : new ResumablePacks(packs);
    }

    /// <summary>Packs that nobody is known to refer to, and that nothing in the log speaks against.</summary>
    public static Dictionary<ObjectId, StoredObject> Choose(LogState state, IEnumerable<StoredObject> stored, IEnumerable<PackReference> referenced)
    {
        var known = referenced.Select(pack => pack.Id).ToHashSet();
        return stored.Select(pack => (Id: ObjectId.Parse(pack.Name[PackFormat.Prefix.Length..]), Pack: pack))
            .Where(entry => state.MayRelyOn(entry.Id) && !known.Contains(entry.Id))
            .ToDictionary(entry => entry.Id, entry => entry.Pack);
    }

    /// <summary>The chunk of a pack that holds exactly these bytes, every one of them compared; null when none does.</summary>
    public async Task<TakenChunk?> FindAsync(ReadOnlyMemory<byte> plain, ChunkCodec codec)
    {
        if (!_chunks.TryGetValue(new ChunkKey(ChunkCodec.Checksum(plain.Span), plain.Length), out var found)
            || !await found.Pack.HoldsAsync(found.Index, plain, codec).ConfigureAwait(false))
            return null;
        return new TakenChunk(found.Pack.Pack, found.Index, plain.Length, found.Pack.Chunks[found.Index].StoredLength);
    }

    /// <summary>Reads what other indexes' backups refer to, as far as they came while the packs did.</summary>
    private static async Task LeaveOutReferencedAsync(
        RepositoryObjects repository,
        LogState state,
        DateTimeOffset since,
        IReadOnlyList<BackupManifest> parents,
        Dictionary<ObjectId, StoredObject> candidates,
        CancellationToken cancellationToken)
    {
        var known = parents.Select(parent => parent.Id.ToString()).ToHashSet(StringComparer.Ordinal);
        var others = state.Backups.Values
            .Where(record => record.RemovedAt is null && record.AddedAt >= since && !known.Contains(record.Add.Backup))
            .OrderByDescending(record => record.Number)
            .Take(MostManifests);
        foreach (var other in others)
        {
            if (candidates.Count == 0)
                return;
            try
            {
                foreach (var pack in (await repository.ReadManifestAsync(other.Add, cancellationToken).ConfigureAwait(false)).Packs)
                    candidates.Remove(pack.Id);
            }
            catch (Exception exception) when (exception is SegvaultException or IOException or UnauthorizedAccessException)
            {
                // Its packs are looked at, then: that costs time and nothing else.
            }
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct ChunkKey(ulong Checksum, int PlainLength);
}

/// <summary>A chunk in a pack that another run stored.</summary>
/// <param name="Pack">The pack, whole as it was checked.</param>
/// <param name="Index">The chunk's index in it.</param>
/// <param name="PlainLength">Length of its content in bytes.</param>
/// <param name="StoredLength">Bytes that it takes up in the store.</param>
internal sealed record TakenChunk(PackReference Pack, int Index, int PlainLength, int StoredLength);
