using System.Collections.Immutable;
using System.Globalization;
using Segvault.Backup;
using Segvault.Repositories;

namespace Segvault.Status;

/// <summary>Tells from a folded log how the backups of each index stand.</summary>
internal sealed class StatusReader(StatusOptions options, DateTimeOffset now)
{
    /// <summary>A line has room for so many backups.</summary>
    private const int Named = 3;

    /// <exception cref="DamageException">The log is damaged: what it still says is not the whole truth.</exception>
    public RepositoryStatus Read(LogState state, BadPacks bad)
    {
        if (state.Obstacle is { } obstacle)
            throw obstacle;
        IEnumerable<string> names = options.Name is { } only ? [only] : state.Live.Select(add => add.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var indexes = names.Select(name => Read(name, [.. state.LiveRecords.Where(record => record.Add.Name == name)])).ToImmutableArray();
        var problems = indexes.SelectMany(index => index.Problems);
        if (bad.Packs.Count > 0)
            problems = problems.Append(Describe(bad));
        if (state.Recovering)
            problems = problems.Append("lost entries of the log were passed over, and their backups were not all added again: run `segvault verify --repair`");
        if (indexes.IsEmpty)
            problems = problems.Append("there are no backups");
        return new RepositoryStatus { Indexes = indexes, BadPacks = [.. bad.Packs], Problems = [.. problems] };
    }

    private IndexStatus Read(string name, ImmutableArray<BackupRecord> records)
    {
        if (records.IsEmpty)
            return new IndexStatus { Name = name, Problems = [$"'{name}' has no backup"] };
        var newest = Newest(records)!;
        var proven = Newest(records.Where(record => record.Drill is { Passed: true }));
        var summary = newest.ToSummary();
        var status = new IndexStatus
        {
            Name = name,
            Newest = summary,
            NewestAge = AgeOf(newest.SeenAt),
            Proven = proven?.ToSummary(),
            ProvenAge = proven is null ? null : AgeOf(proven.ProvenUntil),
            ProvenAt = proven?.DrilledAt,
            Flags = summary.IsSuspicious ? [.. summary.Flags.Where(flag => flag != BackupFlag.Imported)] : [],
        };
        return status with { Problems = [.. FindProblems(status, newest)] };
    }

    private IEnumerable<string> FindProblems(IndexStatus status, BackupRecord newest)
    {
        var id = status.Newest!.Id.ToShortString();
        if (status.NewestAge > options.MaxAge)
            yield return $"'{status.Name}': the newest backup is {Describe(status.NewestAge.Value)} old, more than {Describe(options.MaxAge.Value)}";
        if (options.ProvenWithin is { } within && (status.ProvenAge is not { } age || age > within))
        {
            yield return status.ProvenAge is { } old
                ? $"'{status.Name}': the newest proven backup is {Describe(old)} old, more than {Describe(within)}"
                : $"'{status.Name}': no backup was proven by a drill";
        }

        if (newest.Drill is { Passed: false } drill)
            yield return $"'{status.Name}': backup {id} failed its last drill{(drill.Problems is [var first, ..] ? $": {first}" : "")}";
        if (!status.Flags.IsEmpty)
            yield return $"'{status.Name}': backup {id} is marked: {string.Join(", ", status.Flags)}; look at it, and `segvault confirm {id}` if it is as it should be";
    }

    private static string Describe(BadPacks bad)
    {
        var backups = bad.Backups.Take(Named).Select(add => add.Id.ToShortString()).ToList();
        if (bad.Backups.Count > Named)
            backups.Add($"{bad.Backups.Count - Named} more");
        return $"{(bad.Packs.Count == 1 ? "1 pack was" : $"{bad.Packs.Count} packs were")} found bad, and {(bad.Backups.Count == 1 ? "backup" : "backups")} {string.Join(", ", backups)} "
            + $"{(bad.Backups.Count == 1 ? "needs" : "need")} {(bad.Packs.Count == 1 ? "it" : "them")}: `segvault verify --repair` may find the content elsewhere";
    }

    private static BackupRecord? Newest(IEnumerable<BackupRecord> records)
    {
        var all = records.ToList();
        var newest = BackupFinder.Newest(all.Select(record => record.ToSummary()));
        return newest is null ? null : all.Find(record => record.Add.Id == newest.Id);
    }

    /// <summary>A clock that was set back since must not make a backup younger than new.</summary>
    private TimeSpan AgeOf(DateTimeOffset time)
    {
        var age = now - time;
        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }

    private static string Describe(TimeSpan time) => time.TotalHours switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalMinutes)} min"),
        < 72 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalHours)} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalDays)} d"),
    };
}
