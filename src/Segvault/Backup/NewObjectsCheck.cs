using System.Security.Cryptography;
using Segvault.Repositories;

namespace Segvault.Backup;

/// <summary>Looks, before a backup is committed, whether what it wrote is in the store: all of it by name and size, one pack byte for byte.</summary>
internal static class NewObjectsCheck
{
    public static async Task RunAsync(
        RepositoryObjects repository, IReadOnlyList<PackReference> packs, BackupId manifest, long manifestLength, CancellationToken cancellationToken)
    {
        foreach (var pack in packs)
            await EnsureLengthAsync(repository, PackFormat.NameOf(pack.Id), pack.Length, cancellationToken).ConfigureAwait(false);
        await EnsureLengthAsync(repository, ManifestStore.NameOf(manifest), manifestLength, cancellationToken).ConfigureAwait(false);
        if (packs.Count == 0)
            return;
        var sample = packs[RandomNumberGenerator.GetInt32(packs.Count)];
        if (await PackReader.CheckStoredBytesAsync(repository.Store, sample, _ => { }, cancellationToken).ConfigureAwait(false) is { } problem)
            throw NotStored(repository, PackFormat.NameOf(sample.Id), problem);
    }

    private static async Task EnsureLengthAsync(RepositoryObjects repository, string name, long length, CancellationToken cancellationToken)
    {
        var found = await repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false);
        if (found != length)
            throw NotStored(repository, name, found is null ? "is missing" : $"has {found} bytes instead of {length}");
    }

    private static DamageException NotStored(RepositoryObjects repository, string name, string problem) => new(
        ErrorCode.RepositoryDamaged,
        name,
        $"{name} was just written to the repository at {repository.Store.Location} and {problem}.",
        "The backup was not recorded. Check the disk or the store before trusting it with backups.");
}
