using System.Security.Cryptography;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>Looks, before a backup is committed, whether everything it refers to is in the store: all of it by name and size, one new pack byte for byte.</summary>
internal static class ReferencesCheck
{
    /// <summary>False when a pack that an earlier backup wrote was lost since it was seen, or one was erased: then its files must be stored again.</summary>
    /// <exception cref="DamageException">What was just written is not there.</exception>
    public static async Task<bool> RunAsync(
        RepositoryObjects repository, BackupManifest manifest, long manifestLength, IReadOnlyList<PackReference> written, CancellationToken cancellationToken)
    {
        var name = ManifestStore.NameOf(manifest.Id);
        var storedLength = await repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false);
        var seen = await repository.ListPacksAsync(cancellationToken).ConfigureAwait(false);
        var own = manifest.Packs.Where(written.Contains).ToList();
        var lost = Find(name, manifestLength, storedLength)
            ?? own.Select(pack => Find(PackFormat.NameOf(pack.Id), pack.Length, seen.TryGetValue(pack.Id, out var length) ? length : null)).FirstOrDefault(found => found is not null)
            ?? await FindChangedAsync(repository, own, cancellationToken).ConfigureAwait(false);

        // What was erased meanwhile is not there either. Only now: a collector says in the log what it erases before anything disappears.
        if (lost is { } problem && CommitRules.MayAdd(await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false), CommitRules.NeededBy(manifest)))
            throw NotStored(repository, problem.Object, problem.Problem);
        if (lost is not null)
            return false;

        // The log is asked once more, by the entry itself.
        return manifest.Packs.All(pack => seen.TryGetValue(pack.Id, out var length) && length == pack.Length);
    }

    private static async Task<(string Object, string Problem)?> FindChangedAsync(RepositoryObjects repository, List<PackReference> own, CancellationToken cancellationToken)
    {
        if (own.Count == 0)
            return null;
        var pack = own[RandomNumberGenerator.GetInt32(own.Count)];
        var problem = await PackReader.CheckStoredBytesAsync(repository.Store, pack, _ => { }, cancellationToken).ConfigureAwait(false);
        return problem is null ? null : (PackFormat.NameOf(pack.Id), problem);
    }

    private static (string Object, string Problem)? Find(string name, long length, long? found) =>
        found == length ? null : (name, found is null ? "is missing" : $"has {found} bytes instead of {length}");

    private static DamageException NotStored(RepositoryObjects repository, string name, string problem) => new(
        ErrorCode.RepositoryDamaged,
        name,
        $"{name} was just written to the repository at {repository.Store.Location} and {problem}.",
        "The backup was not recorded. Check the disk or the store before trusting it with backups.");
}
