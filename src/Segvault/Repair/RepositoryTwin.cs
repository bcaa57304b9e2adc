using System.IO.Hashing;
using System.Security.Cryptography;
using Segvault.Repositories;

namespace Segvault.Repair;

/// <summary>
/// A copy of the repository under repair. What is missing here and whole there is put back, only if it is still absent: an object that is damaged
/// stays as it is, since none is ever overwritten.
/// </summary>
internal sealed class RepositoryTwin(RepositoryObjects repository, RepositoryObjects twin, bool apply)
{
    private const int BufferLength = 1024 * 1024;

    /// <summary>The copy, when the other repository is one.</summary>
    public static RepositoryTwin? Of(RepositoryObjects repository, BackupRepository? other, bool apply) =>
        other is not null && other.Objects.Id == repository.Id ? new RepositoryTwin(repository, other.Objects, apply) : null;

    /// <summary>Reads an entry of the copy's log, if it is sound.</summary>
    public Task<(LogEntry Entry, byte[] Bytes)?> ReadEntryAsync(long number, CancellationToken cancellationToken) =>
        new LogReader(twin.Store, twin.Id).ReadSoundAsync(number, cancellationToken);

    /// <summary>The bytes of a manifest, if they are exactly those that the log records.</summary>
    public async Task<byte[]?> ReadManifestAsync(AddBody add, CancellationToken cancellationToken) =>
        await twin.Store.ReadAsync(add.Manifest, cancellationToken).ConfigureAwait(false) is { } bytes
        && Convert.ToHexStringLower(SHA256.HashData(bytes)) == add.ManifestSha256
            ? bytes
            : null;

    /// <summary>Puts a small object back; false when one of that name came meanwhile.</summary>
    public async Task<bool> PutBackAsync(string name, byte[] bytes, CancellationToken cancellationToken) =>
        !apply || await repository.Store.PutIfAbsentAsync(name, bytes, cancellationToken).ConfigureAwait(false);

    /// <summary>Puts a missing pack back; false when the copy has it not, or not whole.</summary>
    public async Task<bool> PutBackAsync(PackReference pack, CancellationToken cancellationToken)
    {
        var name = PackFormat.NameOf(pack.Id);
        try
        {
            if (await repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is not null)
                return false;
            await PackReader.OpenAsync(twin.Store, twin.Id, pack, cancellationToken).ConfigureAwait(false);
            if (await PackReader.CheckStoredBytesAsync(twin.Store, pack, _ => { }, cancellationToken).ConfigureAwait(false) is not null)
                return false;
        }
        catch (DamageException)
        {
            return false;
        }

        return !apply || await CopyAsync(pack, name, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> CopyAsync(PackReference pack, string name, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferLength];
        var checksum = new XxHash128();
        var upload = await repository.Store.CreateAsync(name, cancellationToken).ConfigureAwait(false);
        await using var _ = upload.ConfigureAwait(false);
        for (long offset = 0; offset < pack.Length;)
        {
            var read = await twin.Store.ReadAsync(name, offset, buffer, cancellationToken).ConfigureAwait(false);
            if (read <= 0)
                return false;
            var hashed = (int)Math.Clamp(pack.Length - PackFormat.ChecksumLength - offset, 0, read);
            checksum.Append(buffer.AsSpan(0, hashed));
            await upload.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            offset += read;
        }

        return checksum.GetCurrentHashAsUInt128() == pack.Checksum && await upload.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }
}
