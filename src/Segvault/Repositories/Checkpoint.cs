using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Segvault.Repositories;

/// <summary>The body of a checkpoint: the state that the log folds to, up to and including one entry.</summary>
internal sealed record Checkpoint
{
    /// <summary>The number of that entry.</summary>
    public required long Number { get; init; }

    /// <summary>SHA-256 of that entry as it is stored.</summary>
    public required string Sha256 { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required CheckpointBackup[] Backups { get; init; }

    public string[] Erased { get; init; } = [];

    public string[] Condemned { get; init; } = [];

    public string[] KnownBad { get; init; } = [];

    public SortedDictionary<string, DateTimeOffset> VerifiedAt { get; init; } = [];

    public SortedDictionary<string, DateTimeOffset> HeldAt { get; init; } = [];

    public SkipBody[] Skipped { get; init; } = [];

    public bool Recovering { get; init; }

    public string[] UnknownForWriting { get; init; } = [];

    public string[] UnknownForCollecting { get; init; } = [];

    /// <summary>False when it is no state of any log: then the log is read instead.</summary>
    [JsonIgnore]
    public bool IsWellFormed =>
        HasEveryList
        && Array.TrueForAll(Backups, backup => backup is { Add.IsWellFormed: true, Drill: null or { IsWellFormed: true } })
        && Backups.DistinctBy(backup => backup.Add.Backup).Count() == Backups.Length
        && Backups.DistinctBy(backup => (backup.Place, backup.Number)).Count() == Backups.Length
        && !Erased.Concat(Condemned).Concat(KnownBad).Concat(UnknownForWriting).Concat(UnknownForCollecting).Contains(null)
        && !Skipped.Contains(null);

    /// <summary>The reader gives null where a member is absent, whatever it is declared as. To take that for an empty list would forget what was erased.</summary>
    private bool HasEveryList =>
        new object?[] { Erased, Condemned, KnownBad, VerifiedAt, HeldAt, Skipped, UnknownForWriting, UnknownForCollecting }.All(list => list is not null);

    public static Checkpoint Of(LogState state) => new()
    {
        Number = state.NextNumber - 1,
        Sha256 = state.TipSha256,
        Time = state.Time,
        Backups = [.. state.Backups.Values.OrderBy(record => record.Key).Select(CheckpointBackup.Of)],
        Erased = Sorted(state.Erased),
        Condemned = Sorted(state.Condemned),
        KnownBad = Sorted(state.KnownBad),
        VerifiedAt = new SortedDictionary<string, DateTimeOffset>(state.VerifiedAt, StringComparer.Ordinal),
        HeldAt = new SortedDictionary<string, DateTimeOffset>(state.HeldAt, StringComparer.Ordinal),
        Skipped = [.. state.Skipped],
        Recovering = state.Recovering,
        UnknownForWriting = [.. state.UnknownForWriting],
        UnknownForCollecting = [.. state.UnknownForCollecting],
    };

    public LogState ToState() => (LogState.Empty with
    {
        NextNumber = Number + 1,
        TipSha256 = Sha256,
        Time = Time,
        Erased = [.. Erased],
        Condemned = [.. Condemned],
        KnownBad = [.. KnownBad],
        VerifiedAt = VerifiedAt.ToImmutableDictionary(),
        HeldAt = HeldAt.ToImmutableDictionary(),
        Skipped = [.. Skipped],
        Recovering = Recovering,
        UnknownForWriting = [.. UnknownForWriting],
        UnknownForCollecting = [.. UnknownForCollecting],
    }).WithBackups(Backups.Select(backup => backup.ToRecord()));

    /// <summary>Two checkpoints of one state are the same bytes: everything in it is in order.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RepositoryJson.Default.Checkpoint);

    private static string[] Sorted(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal)];
}

/// <summary>A backup in a checkpoint.</summary>
internal sealed record CheckpointBackup
{
    public required AddBody Add { get; init; }

    public required long Place { get; init; }

    public required long Number { get; init; }

    public required DateTimeOffset AddedAt { get; init; }

    public DateTimeOffset? RemovedAt { get; init; }

    public long? RemovedIn { get; init; }

    public DrillBody? Drill { get; init; }

    public DateTimeOffset? DrilledAt { get; init; }

    public bool Confirmed { get; init; }

    public DateTimeOffset? UnchangedAt { get; init; }

    public static CheckpointBackup Of(BackupRecord record) => new()
    {
        Add = record.Add,
        Place = record.Place,
        Number = record.Number,
        AddedAt = record.AddedAt,
        RemovedAt = record.RemovedAt,
        RemovedIn = record.RemovedIn,
        Drill = record.Drill,
        DrilledAt = record.DrilledAt,
        Confirmed = record.Confirmed,
        UnchangedAt = record.UnchangedAt,
    };

    public BackupRecord ToRecord() => new(Add, Place, Number, AddedAt)
    {
        RemovedAt = RemovedAt,
        RemovedIn = RemovedIn,
        Drill = Drill,
        DrilledAt = DrilledAt,
        Confirmed = Confirmed,
        UnchangedAt = UnchangedAt,
    };
}
