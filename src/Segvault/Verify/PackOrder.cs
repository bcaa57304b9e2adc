using System.Collections.Immutable;
using Segvault.Repositories;

namespace Segvault.Verify;

/// <summary>
/// Which packs are read whole, and in which order: the least recently verified first, and before a pack those that hold what comes before in a
/// file, so that every file is hashed while its packs go by.
/// </summary>
internal static class PackOrder
{
    /// <param name="packs">The packs that could be opened.</param>
    /// <param name="files">The files in them.</param>
    /// <param name="verifiedAt">When each pack, by its name in the store, was last read whole and found good.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<PackReference> Choose(
        IReadOnlyCollection<PackReference> packs,
        IEnumerable<FileHash> files,
        ImmutableDictionary<string, DateTimeOffset> verifiedAt,
        VerifyOptions options,
        DateTimeOffset now)
    {
        DateTimeOffset? At(PackReference pack) => verifiedAt.TryGetValue(PackFormat.NameOf(pack.Id), out var at) ? at : null;
        var due = packs.Where(pack => options.MaxAge is not { } age || At(pack) is not { } at || now - at > age).ToDictionary(pack => pack.Id);
        var before = FindNeighbours(files, due);
        var ordered = new List<PackReference>();
        var placed = new HashSet<ObjectId>();
        var budget = options.Sample is { } share ? (long)Math.Ceiling(share * packs.Sum(pack => pack.Length)) : long.MaxValue;
        foreach (var pack in due.Values.OrderBy(pack => At(pack) ?? DateTimeOffset.MinValue).ThenBy(pack => pack.Id.Value))
        {
            if (budget <= 0)
                break;
            foreach (var next in WithThoseBefore(pack.Id, before, placed))
            {
                ordered.Add(due[next]);
                budget -= due[next].Length;
            }
        }

        return ordered;
    }

    /// <summary>For each pack those that must be read before it.</summary>
    private static Dictionary<ObjectId, HashSet<ObjectId>> FindNeighbours(IEnumerable<FileHash> files, Dictionary<ObjectId, PackReference> due)
    {
        var before = new Dictionary<ObjectId, HashSet<ObjectId>>();
        foreach (var file in files)
        {
            ObjectId? previous = null;
            foreach (var pack in file.Packs.Where(due.ContainsKey))
            {
                if (previous is { } earlier && earlier != pack)
                {
                    if (!before.TryGetValue(pack, out var earlierOnes))
                        before.Add(pack, earlierOnes = []);
                    earlierOnes.Add(earlier);
                }

                previous = pack;
            }
        }

        return before;
    }

    /// <summary>A pack after those before it, as far as they have no place yet. No recursion: manifests say how long such chains are.</summary>
    private static IEnumerable<ObjectId> WithThoseBefore(ObjectId pack, Dictionary<ObjectId, HashSet<ObjectId>> before, HashSet<ObjectId> placed)
    {
        var open = new Stack<(ObjectId Pack, bool Expanded)>();
        var seen = new HashSet<ObjectId>();
        open.Push((pack, false));
        while (open.TryPop(out var next))
        {
            if (next.Expanded)
            {
                if (placed.Add(next.Pack))
                    yield return next.Pack;
                continue;
            }

            if (placed.Contains(next.Pack) || !seen.Add(next.Pack))
                continue;
            open.Push((next.Pack, true));
            foreach (var earlier in before.GetValueOrDefault(next.Pack) ?? [])
                open.Push((earlier, false));
        }
    }
}
