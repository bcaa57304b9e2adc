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
        EnsureLength(repository, name, manifestLength, await repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false));
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        if (manifest.Packs.Any(pack => state.Erased.Contains(PackFormat.NameOf(pack.Id))))
            return false;
        var seen = await repository.ListPacksAsync(cancellationToken).ConfigureAwait(false);
        var own = manifest.Packs.Where(written.Contains).ToList();
        foreach (var pack in own)
            EnsureLength(repository, PackFormat.NameOf(pack.Id), pack.Length, seen.TryGetValue(pack.Id, out var length) ? length : null);
        if (own.Count > 0)
            await EnsureContentAsync(repository, own[RandomNumberGenerator.GetInt32(own.Count)], cancellationToken).ConfigureAwait(false);
        return manifest.Packs.All(pack => seen.TryGetValue(pack.Id, out var length) && length == pack.Length);
    }

    private static async Task EnsureContentAsync(RepositoryObjects repository, PackReference pack, CancellationToken cancellationToken)
    {
        if (await PackReader.CheckStoredBytesAsync(repository.Store, pack, _ => { }, cancellationToken).ConfigureAwait(false) is { } problem)
            throw NotStored(repository, PackFormat.NameOf(pack.Id), problem);
    }

    private static void EnsureLength(RepositoryObjects repository, string name, long length, long? found)
    {
        if (found != length)
            throw NotStored(repository, name, found is null ? "is missing" : $"has {found} bytes instead of {length}");
    }

    private static DamageException NotStored(RepositoryObjects repository, string name, string problem) => new(
        ErrorCode.RepositoryDamaged,
        name,
        $"{name} was just written to the repository at {repository.Store.Location} and {problem}.",
        "The backup was not recorded. Check the disk or the store before trusting it with backups.");
}
