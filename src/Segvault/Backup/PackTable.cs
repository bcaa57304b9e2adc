using System.Collections.Immutable;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>The packs that a manifest being made refers to, and the files' references to them by their place in the table.</summary>
internal sealed class PackTable(PackSet written)
{
    private readonly List<PackReference> _packs = [];
    private readonly Dictionary<ObjectId, int> _indexes = [];

    /// <summary>A file whose bytes an earlier backup stored.</summary>
    public BackupFile Reuse(BackupFile file, KnownFile known) => file with
    {
        Sha256 = known.File.Sha256,
        Footer = known.File.Footer,
        Runs = [.. known.File.Runs.Select(run => run with { Pack = IndexOf(known.Manifest.Packs[run.Pack]) })],
    };

    /// <summary>A file that was stored just now.</summary>
    public BackupFile Store(BackupFile file, StoredFile stored) => file with
    {
        Sha256 = stored.Verdict.Sha256,
        Footer = stored.Verdict.Footer,
        Runs = [.. stored.Runs.Select(run => new ChunkRun(IndexOf(written.Find(run.Pack)), run.FirstChunk, run.Count, run.Length))],
    };

    public ImmutableArray<PackReference> ToArray() => [.. _packs];

    private int IndexOf(PackReference pack)
    {
        if (!_indexes.TryGetValue(pack.Id, out var index))
        {
            index = _packs.Count;
            _indexes.Add(pack.Id, index);
            _packs.Add(pack);
        }

        return index;
    }
}
