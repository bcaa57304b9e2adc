using System.Security.Cryptography;
using Segvault.Storage;

namespace Segvault.Repositories;

/// <summary>Reads and writes manifests.</summary>
internal sealed class ManifestStore(ObjectStore store, ObjectId repository)
{
    public const string Prefix = "backups/";

    public static string NameOf(BackupId backup) => Prefix + backup;

    /// <summary>Stores a manifest; returns its length and SHA-256 for the log.</summary>
    public async Task<(long Length, string Sha256)> WriteAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        var bytes = ManifestCodec.Encode(manifest, repository);

        // Refused may mean that a repeated request met its own success.
        if (!await store.PutIfAbsentAsync(NameOf(manifest.Id), bytes, cancellationToken).ConfigureAwait(false)
            && !(await store.ReadAsync(NameOf(manifest.Id), cancellationToken).ConfigureAwait(false)).AsSpan().SequenceEqual(bytes))
            throw new IOException($"An object named {NameOf(manifest.Id)} exists already. Its name was chosen at random: this cannot be.");
        return (bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Reads a manifest. With <paramref name="sha256"/>, the one in the log, it must be exactly the one that was committed.</summary>
    /// <exception cref="DamageException">It is missing, damaged, or another one.</exception>
    public async Task<BackupManifest> ReadAsync(BackupId backup, string? sha256, CancellationToken cancellationToken)
    {
        var bytes = await store.ReadAsync(NameOf(backup), cancellationToken).ConfigureAwait(false)
            ?? throw Damaged(backup, "is missing");
        if (sha256 is not null && Convert.ToHexStringLower(SHA256.HashData(bytes)) != sha256)
        {
            // The seal says best what kind of damage it is.
            _ = ManifestCodec.Decode(bytes, backup, repository, out var detail);
            throw Damaged(backup, detail ?? "is not the one that the log records");
        }

        return ManifestCodec.Decode(bytes, backup, repository, out var problem) ?? throw Damaged(backup, problem!);
    }

    private DamageException Damaged(BackupId backup, string problem) => new(
        ErrorCode.RepositoryDamaged,
        NameOf(backup),
        $"The manifest {NameOf(backup)} of the repository at {store.Location} {problem}.",
        "Other backups are not concerned. Put the object back from a copy of the repository, or restore another backup.");
}
