using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Segvault.Repositories;

namespace Segvault.Retention;

/// <summary>Brings removed backups back: the same manifest is added again, if everything it needs is still there and was not erased.</summary>
internal sealed class UndeleteRunner(RepositoryObjects repository)
{
    private const int MostNamed = 10;

    public async Task<ImmutableArray<DeletedBackup>> ListAsync(CancellationToken cancellationToken)
    {
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        if (state.Obstacle is { } obstacle)
            throw obstacle;
        return [.. state.Removed.OrderBy(record => record.Key).Select(record => new DeletedBackup(record.Add.ToSummary(), record.RemovedAt!.Value))];
    }

    /// <summary>The backup that a person means: of those that were removed, or else one that is there already.</summary>
    public async Task<BackupSummary> FindAsync(string backup, CancellationToken cancellationToken)
    {
        var deleted = await ListAsync(cancellationToken).ConfigureAwait(false);
        var fitting = Fitting(deleted.Select(entry => entry.Backup), backup);
        if (fitting.Count == 0)
            fitting = Fitting((await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false)).Live.Select(add => add.ToSummary()), backup);
        return fitting switch
        {
            [var only] => only,
            [] => throw new BackupNotFoundException(
                ErrorCode.BackupNotFound, $"No deleted backup {backup} can be brought back in {repository.Store.Location}.", Describe(deleted)),
            _ => throw new BackupNotFoundException(
                ErrorCode.BackupAmbiguous,
                $"'{backup}' fits {fitting.Count} backups: {string.Join(", ", fitting.Select(found => found.Id))}.",
                "Give more characters of the id.",
                [.. fitting.Select(found => found.Id)]),
        };
    }

    public async Task<ImmutableArray<BackupSummary>> RunAsync(IReadOnlyCollection<BackupId> backups, CancellationToken cancellationToken)
    {
        var state = await repository.Log.FoldAsync(cancellationToken).ConfigureAwait(false);
        state.EnsureWritable(repository.Store.Location);

        // What would fail for the second one is better said before the first one is back.
        var needed = new Dictionary<BackupId, string[]>();
        foreach (var backup in backups)
            needed[backup] = state.FindLive(backup) is null ? await EnsureWholeAsync(Find(state, backup), cancellationToken).ConfigureAwait(false) : [];

        var summaries = ImmutableArray.CreateBuilder<BackupSummary>();
        foreach (var (backup, names) in needed)
        {
            var after = await repository.Log.DecideAndAppendAsync(
                (current, _) => Task.FromResult(Decide(current, backup, names)), NullLogger.Instance, cancellationToken).ConfigureAwait(false);
            summaries.Add(after.FindLive(backup)!.ToSummary());
        }

        return summaries.ToImmutable();
    }

    private static List<BackupSummary> Fitting(IEnumerable<BackupSummary> backups, string prefix) => prefix.Length < BackupFinder.ShortestPrefix
        ? []
        : [.. backups.Where(backup => backup.Id.ToString().StartsWith(prefix, StringComparison.OrdinalIgnoreCase))];

    private static string Describe(ImmutableArray<DeletedBackup> deleted)
    {
        if (deleted.IsEmpty)
            return "None can: what was deleted has been collected. `segvault list` shows what there is.";
        var newest = deleted.Reverse().Take(MostNamed).Select(entry =>
            $"{entry.Backup.Id.ToShortString()} of '{entry.Backup.Name}', {entry.Backup.Time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}, deleted {entry.RemovedAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        return $"These can: {string.Join("; ", newest)}{(deleted.Length > MostNamed ? $"; and {deleted.Length - MostNamed} older ones" : "")}.";
    }

    /// <summary>Null when it is live: somebody else brought it back, or it was never removed.</summary>
    private LogEntry? Decide(LogState state, BackupId backup, string[] names)
    {
        if (state.FindLive(backup) is not null)
            return null;
        if (names.Length == 0)
            throw Collected(backup, "somebody deleted it just now");
        var add = state.Backups.GetValueOrDefault(backup.ToString())?.Add ?? throw Collected(backup, "somebody collected it just now");
        if (CommitRules.FindErased(state, names) is { } erased)
            throw Collected(backup, $"{erased} was erased");

        // A repaired copy takes the place of what it replaces only once: that one may have been brought back since.
        var replaced = add.Replaces is { } original && BackupId.TryParse(original, null, out var id) && state.FindLive(id) is not null;
        return LogEntry.Draft(LogKind.Add) with { Add = replaced ? add with { Replaces = null } : add };
    }

    private async Task<string[]> EnsureWholeAsync(AddBody add, CancellationToken cancellationToken)
    {
        BackupManifest manifest;
        try
        {
            manifest = await repository.ReadManifestAsync(add, cancellationToken).ConfigureAwait(false);
        }
        catch (DamageException damage)
        {
            throw Collected(add.Id, $"{add.Manifest} is missing or damaged", damage);
        }

        foreach (var pack in manifest.Packs)
        {
            var name = PackFormat.NameOf(pack.Id);
            var length = await repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false);
            if (length != pack.Length)
                throw Collected(add.Id, length is null ? $"{name} is gone" : $"{name} has {length} bytes instead of {pack.Length}");
        }

        return [.. CommitRules.NeededBy(manifest)];
    }

    private AddBody Find(LogState state, BackupId backup) => state.Backups.GetValueOrDefault(backup.ToString())?.Add
        ?? throw new BackupNotFoundException(
            ErrorCode.BackupNotFound,
            $"No backup {backup} was deleted from {repository.Store.Location}, or it was collected since and cannot be brought back.",
            "`segvault list` shows what there is.");

    private BackupNotFoundException Collected(BackupId backup, string reason, Exception? inner = null) => new(
        ErrorCode.BackupRemoved,
        $"Backup {backup.ToShortString()} cannot be brought back: {reason} in the repository at {repository.Store.Location}{(inner is null ? "" : $" ({inner.Message})")}.",
        "It was deleted and collected, or has been damaged since. `segvault list` shows what can be restored.");
}
