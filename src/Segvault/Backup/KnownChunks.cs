using Segvault.Chunks;
using Segvault.Engines;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>
/// The chunks, cut by their content, of files that earlier backups stored and that are gone from the index, as those that were merged are. Found by their
/// ids. Only packs that may be relied on are looked at, and of which those backups still use half: what is alive is stored anew now and then, so that packs with little in them can go.
/// </summary>
internal sealed class KnownChunks
{
    private readonly List<(PackReference Pack, ChunkId[] Ids)> _packs = [];
    private readonly Dictionary<ulong, KnownChunk> _places = [];

    private KnownChunks()
    {
    }

    /// <summary>Bytes of the packs in the store.</summary>
    public long Length => _packs.Sum(pack => pack.Pack.Length);

    /// <summary>Reads the tables of packs that such files are in; null when there are no ids in any. Where nothing is gone, nothing is read.</summary>
    public static async Task<KnownChunks?> LoadAsync(
        RepositoryObjects repository,
        LogState state,
        IReadOnlyDictionary<ObjectId, long> packsSeen,
        IEnumerable<BackupManifest> parents,
        PinnedSnapshot snapshot,
        CancellationToken cancellationToken)
    {
        var known = new KnownChunks();
        var present = snapshot.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var (pack, uses) in FindPacks(parents, snapshot.Commit.LayoutOf))
        {
            if (uses.All(use => present.Contains(use.Path)))
                continue;
            if (!CommitRules.MayReuse(state, pack, packsSeen.TryGetValue(pack.Id, out var length) ? length : null))
                continue;
            try
            {
                var reader = await PackReader.OpenAsync(repository.Store, repository.Id, pack, cancellationToken).ConfigureAwait(false);
                if (reader.Ids is not null && UsedBytes(reader, uses.Select(use => use.Run)) >= pack.Length / 2)
                    known.Add(pack, reader.Ids);
            }
            catch (Exception exception) when (exception is DamageException or UnsupportedFormatException or IOException or UnauthorizedAccessException)
            {
                // What it has is stored again: the bytes are at hand, and this backup is the repair.
            }
        }

        return known._packs.Count > 0 ? known : null;
    }

    /// <summary>A place where a chunk is stored; null when it is not.</summary>
    public KnownChunk? Find(ChunkId id) =>
        _places.TryGetValue(id.First, out var place) && _packs[place.Pack].Ids[place.Index] == id ? place : null;

    /// <summary>The place behind another, if the chunk is stored there.</summary>
    public KnownChunk? FindBehind(KnownChunk place, ChunkId id)
    {
        var ids = _packs[place.Pack].Ids;
        return place.Index + 1 < ids.Length && ids[place.Index + 1] == id ? place with { Index = place.Index + 1 } : null;
    }

    public PackReference PackOf(KnownChunk place) => _packs[place.Pack].Pack;

    private static Dictionary<PackReference, HashSet<(string Path, ChunkRun Run)>> FindPacks(IEnumerable<BackupManifest> parents, Func<string, ContentLayout> layoutOf)
    {
        var packs = new Dictionary<PackReference, HashSet<(string Path, ChunkRun Run)>>();
        foreach (var manifest in parents)
        {
            foreach (var file in manifest.Files.Where(file => PackGroup.CutsByContent(file.WriteOnce, file.Length, layoutOf(file.Path))))
            {
                foreach (var run in file.Runs)
                {
                    if (!packs.TryGetValue(manifest.Packs[run.Pack], out var uses))
                        packs.Add(manifest.Packs[run.Pack], uses = []);
                    uses.Add((file.Path, run with { Pack = 0 }));
                }
            }
        }

        return packs;
    }

    private static long UsedBytes(PackReader reader, IEnumerable<ChunkRun> runs)
    {
        var used = new HashSet<int>();
        foreach (var run in runs.Where(run => reader.CheckRun(run) is null))
            used.UnionWith(Enumerable.Range(run.FirstChunk, run.Count));
        return used.Sum(chunk => (long)reader.Chunks[chunk].StoredLength);
    }

    private void Add(PackReference pack, ChunkId[] ids)
    {
        _places.EnsureCapacity(_places.Count + ids.Length);
        for (var i = 0; i < ids.Length; i++)
            _places.TryAdd(ids[i].First, new KnownChunk(_packs.Count, i));
        _packs.Add((pack, ids));
    }
}

/// <summary>A chunk that the repository has.</summary>
/// <param name="Pack">Number of the pack among those known.</param>
/// <param name="Index">The chunk's index in it.</param>
internal readonly record struct KnownChunk(int Pack, int Index);
