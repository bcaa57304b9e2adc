using System.Collections.Immutable;

namespace Segvault.Repositories;

/// <summary>Finds the backup that a person means.</summary>
internal static class BackupFinder
{
    public const string Latest = "latest";
    private const int ShortestPrefix = 4;

    /// <summary>Finds a backup by id, by unique prefix, or as the newest.</summary>
    /// <exception cref="BackupNotFoundException">None fits, or several do.</exception>
    public static AddBody Find(LogState state, string wanted, string? name, DateTimeOffset? at, string location)
    {
        var candidates = state.Live.Where(add => name is null || add.Name == name).ToList();
        if (name is not null && candidates.Count == 0)
            throw state.Obstacle ?? NotFound($"There is no backup of '{name}' in {location}.", "`segvault list` shows the names.");
        return wanted == Latest ? FindLatest(state, candidates, at, location) : FindByPrefix(state, candidates, wanted, location);
    }

    private static AddBody FindLatest(LogState state, List<AddBody> candidates, DateTimeOffset? at, string location)
    {
        // The newest may stand behind it.
        if (state.Obstacle is { } obstacle)
            throw obstacle;
        var names = candidates.Select(add => add.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (names.Count > 1)
        {
            throw new BackupNotFoundException(
                ErrorCode.NameNeeded,
                $"{location} has backups of several indexes: {string.Join(", ", names)}.",
                "Say which one with --name.");
        }

        // The log's order, not the clock's: a clock that was set back must not make an old state the latest.
        return candidates.FindLast(add => at is null || add.PinnedAt <= at)
            ?? throw (at is null
                ? NotFound($"There is no backup in {location}.", "Take one with `segvault backup INDEX`.")
                : NotFound($"There is no backup in {location} from {at.Value.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} or before.", "`segvault list` shows what there is."));
    }

    private static AddBody FindByPrefix(LogState state, List<AddBody> candidates, string prefix, string location)
    {
        if (prefix.Length < ShortestPrefix || !prefix.All(char.IsAsciiHexDigit))
            throw NotFound($"'{prefix}' is not a backup: an id, the first four or more characters of one, or '{Latest}' is.", "`segvault list` shows the ids.");
        var fitting = candidates.Where(add => add.Backup.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).ToList();
        return fitting.Count switch
        {
            1 => fitting[0],
            0 when state.Obstacle is { } obstacle => throw obstacle,
            0 => throw NotFound($"There is no backup {prefix} in {location}.", "`segvault list` shows the ids."),
            _ => throw new BackupNotFoundException(
                ErrorCode.BackupAmbiguous,
                $"'{prefix}' fits {fitting.Count} backups: {string.Join(", ", fitting.Select(add => add.Backup))}.",
                "Give more characters of the id.",
                [.. fitting.Select(add => add.Id)]),
        };
    }

    private static BackupNotFoundException NotFound(string message, string hint) => new(ErrorCode.BackupNotFound, message, hint, ImmutableArray<BackupId>.Empty);
}
