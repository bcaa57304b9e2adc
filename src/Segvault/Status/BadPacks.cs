using Segvault.Collection;
using Segvault.Repositories;

namespace Segvault.Status;

/// <summary>The packs known to be bad that live backups need, and those backups.</summary>
/// <param name="Packs">Names of the packs.</param>
/// <param name="Backups">The live backups that need one of them, or of which that is not known since their manifests cannot be read.</param>
internal sealed record BadPacks(IReadOnlyList<string> Packs, IReadOnlyList<AddBody> Backups)
{
    private static readonly BadPacks None = new([], []);

    /// <summary>Reads manifests only when there is a bad pack at all: one that only deleted or repaired backups needed harms nobody.</summary>
    public static async Task<BadPacks> FindAsync(RepositoryObjects repository, LogState state, CancellationToken cancellationToken)
    {
        if (state.KnownBad.IsEmpty)
            return None;
        var live = await new BackupReaches(repository).ReadAsync(state.Live, cancellationToken).ConfigureAwait(false);
        var harmed = live.Where(reach => reach.Problem is not null || reach.Names.Any(state.KnownBad.Contains)).ToList();
        var needed = harmed.Exists(reach => reach.Problem is not null) ? state.KnownBad : state.KnownBad.Intersect(harmed.SelectMany(reach => reach.Names));
        return new BadPacks([.. needed.Order(StringComparer.Ordinal)], [.. harmed.Select(reach => reach.Add)]);
    }
}
