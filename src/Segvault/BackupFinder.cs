using System.Collections.Immutable;
using Segvault.Backup;

namespace Segvault;

/// <summary>Finds the backup that a person means.</summary>
internal static class BackupFinder
{
    public const string Latest = "latest";
    public const int ShortestPrefix = 4;

    /// <summary>Finds a backup by id, by unique prefix, or as the newest.</summary>
    /// <exception cref="BackupNotFoundException">None fits, or several do.</exception>
    /// <param name="backups">The backups there are, the newest last.</param>
    /// <param name="obstacle">Why there may be others; null when these are all.</param>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="name">Only backups of this index; null means any.</param>
    /// <param name="at">For the newest: at or before this time.</param>
    /// <param name="location">Where the backups are, for messages.</param>
    public static BackupSummary Find(
        IReadOnlyList<BackupSummary> backups, SegvaultException? obstacle, string wanted, string? name, DateTimeOffset? at, string location)
    {
        var candidates = backups.Where(backup => name is null || backup.Name == name).ToList();
        if (name is not null && candidates.Count == 0)
            throw obstacle ?? NotFound($"There is no backup of '{name}' in {location}.", "`segvault list` shows the names.");
        return wanted == Latest ? FindLatest(obstacle, candidates, at, location) : FindByPrefix(obstacle, candidates, wanted, location);
    }

    private static BackupSummary FindLatest(SegvaultException? obstacle, List<BackupSummary> candidates, DateTimeOffset? at, string location)
    {
        // The newest may stand behind it.
        if (obstacle is not null)
            throw obstacle;
        var names = candidates.Select(backup => backup.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (names.Count > 1)
        {
            throw new BackupNotFoundException(
                ErrorCode.NameNeeded,
                $"{location} has backups of several indexes: {string.Join(", ", names)}.",
                "Say which one with --name.");
        }

        return Newest(candidates.Where(backup => at is null || backup.Time <= at))
            ?? throw (at is null
                ? NotFound($"There is no backup in {location}.", "Take one with `segvault backup INDEX`.")
                : NotFound($"There is no backup in {location} from {at.Value.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} or before.", "`segvault list` shows what there is."));
    }

    /// <summary>
    /// The last one recorded: the log's order, not the clock's, for a clock that was set back must not make an old state the latest. Of what was
    /// imported only the clock can tell how old it is.
    /// </summary>
    public static BackupSummary? Newest(IEnumerable<BackupSummary> backups)
    {
        BackupSummary? newest = null;
        foreach (var backup in backups)
        {
            if (newest is null || (IsImported(backup) || IsImported(newest) ? backup.Time >= newest.Time : true))
                newest = backup;
        }

        return newest;
    }

    private static bool IsImported(BackupSummary backup) => backup.Flags.Contains(BackupFlag.Imported);

    private static BackupSummary FindByPrefix(SegvaultException? obstacle, List<BackupSummary> candidates, string prefix, string location)
    {
        if (prefix.Length < ShortestPrefix || !prefix.All(char.IsAsciiHexDigit))
            throw NotFound($"'{prefix}' is not a backup: an id, the first four or more characters of one, or '{Latest}' is.", "`segvault list` shows the ids.");
        var live = candidates.Select(backup => backup.Id).ToHashSet();
        var fitting = candidates.Where(backup => Fits(backup.Id) || backup.FormerIds.Any(former => !live.Contains(former) && Fits(former))).ToList();
        return fitting.Count switch
        {
            1 => fitting[0],
            0 when obstacle is not null => throw obstacle,
            0 => throw NotFound($"There is no backup {prefix} in {location}.", "`segvault list` shows the ids."),
            _ => throw new BackupNotFoundException(
                ErrorCode.BackupAmbiguous,
                $"'{prefix}' fits {fitting.Count} backups: {string.Join(", ", fitting.Select(backup => backup.Id))}.",
                "Give more characters of the id.",
                [.. fitting.Select(backup => backup.Id)]),
        };

        bool Fits(BackupId id) => id.ToString().StartsWith(prefix, StringComparison.OrdinalIgnoreCase);
    }

    private static BackupNotFoundException NotFound(string message, string hint) => new(ErrorCode.BackupNotFound, message, hint, ImmutableArray<BackupId>.Empty);
}
