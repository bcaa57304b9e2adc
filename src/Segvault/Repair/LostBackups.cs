using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Segvault.Backup;
using Segvault.Repositories;

namespace Segvault.Repair;

/// <summary>
/// Backups whose manifest is in the store and that the log does not know, or last knew as removed: the entries that added them, or brought them back, were lost.
/// When the newest entries are lost nothing is left to tell it by, so whatever is complete is added again.
/// </summary>
internal sealed class LostBackups(RepositoryObjects repository, RepositoryTwin? twin, RepairFindings findings, bool apply, ILogger logger)
{
    /// <summary>Adds them again in the order of their creation, and says so where lost entries were passed over.</summary>
    public async Task<IReadOnlyList<AddBody>> AddAgainAsync(LogState state, CancellationToken cancellationToken)
    {
        var added = new List<AddBody>();
        var named = new HashSet<BackupId>();
        while (true)
        {
            foreach (var backup in await FindAsync(state, named, cancellationToken).ConfigureAwait(false))
            {
                if (await AddAgainAsync(backup, Describe(state, backup), cancellationToken).ConfigureAwait(false))
                    added.Add(backup);
            }

            if (!apply || await FinishAsync(state, cancellationToken).ConfigureAwait(false))
                return added;
            state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The complete ones. Of an incomplete one more is said only while it may have been in a lost entry: else a backup that was killed left it.</summary>
    private async Task<List<AddBody>> FindAsync(LogState state, HashSet<BackupId> named, CancellationToken cancellationToken)
    {
        var unknown = new List<(BackupManifest Manifest, byte[] Bytes)>();
        await foreach (var stored in repository.Store.ListAsync(ManifestStore.Prefix, cancellationToken).ConfigureAwait(false))
        {
            if (!BackupId.TryParse(stored.Name[ManifestStore.Prefix.Length..], null, out var id) || !CommitRules.MayBeLost(state, id))
                continue;
            var (manifest, bytes, problem) = await ReadAsync(id, state, cancellationToken).ConfigureAwait(false);
            if (problem is null)
                unknown.Add((manifest!, bytes!));
            else if (state.Recovering && !CommitRules.WasRemovedBeforeALoss(state, id) && named.Add(id))
                findings.Add(stored.Name, Describe(manifest, problem), null, [], repaired: false);
        }

        var known = new HashSet<ObjectId>();
        var found = new List<AddBody>();
        foreach (var (manifest, bytes) in unknown.OrderBy(entry => entry.Manifest.CreatedAt).ThenBy(entry => entry.Manifest.Id.ToString(), StringComparer.Ordinal))
        {
            var packs = manifest.Packs.Where(pack => known.Add(pack.Id)).ToList();
            found.Add(state.Backups.GetValueOrDefault(manifest.Id.ToString()) is { } removed
                ? removed.Add
                : ManifestBuilder.ToLogEntry(manifest, packs, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))) with { Place = PlaceOf(manifest, state) });
        }

        return found;
    }

    /// <summary>Before the first backup that was recorded after this one was made, so that an old state never becomes the latest.</summary>
    private static long? PlaceOf(BackupManifest manifest, LogState state) => state.Backups.Values
        .Where(record => record.Add is { Place: null, Replaces: null } && record.AddedAt >= manifest.CreatedAt)
        .MinBy(record => record.Key)?.Place - 1;

    private static string Describe(BackupManifest? manifest, string problem) => manifest is null
        ? $"may belong to a backup that the log has lost, and {problem}."
        : string.Create(
            CultureInfo.InvariantCulture,
            $"belongs to a backup of '{manifest.Name}' of {manifest.PinnedAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} with {manifest.Documents} documents, and {problem}.");

    private async Task<(BackupManifest? Manifest, byte[]? Bytes, string? Problem)> ReadAsync(BackupId id, LogState state, CancellationToken cancellationToken)
    {
        byte[]? bytes;
        BackupManifest? manifest;
        try
        {
            bytes = await repository.Store.ReadAsync(ManifestStore.NameOf(id), cancellationToken).ConfigureAwait(false);
            if (bytes is null)
                return (null, null, "is missing");
            manifest = ManifestCodec.Decode(bytes, id, repository.Id, out var problem);
            if (manifest is null)
                return (null, null, problem);
        }
        catch (Exception exception) when (exception is IOException or UnsupportedFormatException)
        {
            return (null, null, $"cannot be read: {exception.Message}");
        }

        foreach (var pack in manifest.Packs)
        {
            var name = PackFormat.NameOf(pack.Id);
            if (state.Erased.Contains(name))
                return (manifest, bytes, $"needs {name}, which is erased");
            if (await repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is { } length)
            {
                if (length != pack.Length)
                    return (manifest, bytes, $"needs {name}, which has {length} bytes instead of {pack.Length}");
            }
            else if (twin is not null && await twin.PutBackAsync(pack, cancellationToken).ConfigureAwait(false))
            {
                findings.PutBack(name, null);
            }
            else
            {
                return (manifest, bytes, $"needs {name}, which is missing");
            }
        }

        return (manifest, bytes, null);
    }

    private static string Describe(LogState state, AddBody add) => CommitRules.IsUnknown(state, add.Id)
        ? "is a whole backup that the log does not know: its entry is lost, or was never made."
        : "is a whole backup that was deleted, and that a lost entry may have brought back: it is there again.";

    private async Task<bool> AddAgainAsync(AddBody add, string problem, CancellationToken cancellationToken)
    {
        if (!apply)
        {
            findings.Add(add.Manifest, problem, add, [], repaired: true);
            return true;
        }

        var manifest = await repository.ReadManifestAsync(add, cancellationToken).ConfigureAwait(false);
        var needed = CommitRules.NeededBy(manifest);
        foreach (var name in needed)
            await repository.Store.AdoptAsync(name, cancellationToken).ConfigureAwait(false);
        await repository.Store.BarrierAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await repository.Log.AppendAsync(
                state => !CommitRules.MayAdd(state, needed) || !CommitRules.MayBeLost(state, add.Id)
                    ? throw new OvertakenException()
                    : LogEntry.Draft(LogKind.Add) with { Add = add },
                logger,
                cancellationToken).ConfigureAwait(false);
        }
        catch (OvertakenException)
        {
            return false;
        }

        findings.Add(add.Manifest, problem, add, [], repaired: true);
        return true;
    }

    /// <summary>False when more entries were found lost meanwhile: then everything is looked at again.</summary>
    private async Task<bool> FinishAsync(LogState state, CancellationToken cancellationToken)
    {
        if (!state.Recovering)
            return true;
        var last = state.Skipped[^1] with { Recovered = true };
        try
        {
            await repository.Log.AppendAsync(
                current => !current.Recovering || current.Skipped.Count != state.Skipped.Count
                    ? throw new OvertakenException()
                    : LogEntry.Draft(LogKind.Skip) with { Skip = last },
                logger,
                cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OvertakenException)
        {
            return !(await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false)).Recovering;
        }
    }

    /// <summary>Another client has done, or prevented, what was decided.</summary>
    private sealed class OvertakenException : Exception;
}
