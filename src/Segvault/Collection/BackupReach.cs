using System.Collections.Immutable;
using Segvault.Repositories;

namespace Segvault.Collection;

/// <summary>The objects that one backup cannot be restored without.</summary>
/// <param name="Add">The backup.</param>
/// <param name="Packs">Its packs; none when its manifest cannot be read.</param>
/// <param name="Problem">Why the manifest cannot be read; null when it can.</param>
internal sealed record BackupReach(AddBody Add, ImmutableArray<PackReference> Packs, Exception? Problem)
{
    /// <summary>Names of the manifest and the packs.</summary>
    public IEnumerable<string> Names => Packs.Select(pack => PackFormat.NameOf(pack.Id)).Append(Add.Manifest);
}

/// <summary>Reads which objects backups reach, each manifest once however often it is asked for.</summary>
internal sealed class BackupReaches(RepositoryObjects repository)
{
    private const int Parallelism = 16;

    private readonly Dictionary<string, BackupReach> _known = new(StringComparer.Ordinal);

    /// <summary>What these backups reach, in their order. One whose manifest cannot be read says so.</summary>
    public async Task<IReadOnlyList<BackupReach>> ReadAsync(IEnumerable<AddBody> backups, CancellationToken cancellationToken)
    {
        var wanted = backups.ToList();
        var reaches = new BackupReach[wanted.Count];
        await Parallel.ForAsync(0, wanted.Count, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken }, async (i, token) =>
            reaches[i] = _known.TryGetValue(wanted[i].ManifestSha256, out var known) ? known with { Add = wanted[i] } : await ReadAsync(wanted[i], token).ConfigureAwait(false))
            .ConfigureAwait(false);
        foreach (var reach in reaches.Where(reach => reach.Problem is null))
            _known[reach.Add.ManifestSha256] = reach;
        return reaches;
    }

    private async Task<BackupReach> ReadAsync(AddBody backup, CancellationToken cancellationToken)
    {
        try
        {
            var manifest = await repository.ReadManifestAsync(backup, cancellationToken).ConfigureAwait(false);
            return new BackupReach(backup, manifest.Packs, null);
        }
        catch (Exception exception) when (exception is SegvaultException or IOException or UnauthorizedAccessException)
        {
            return new BackupReach(backup, [], exception);
        }
    }
}
