using System.Collections.Immutable;

namespace Segvault.Repositories;

/// <summary>The log folded up to an entry: which backups live, and which objects must not be relied on.</summary>
internal sealed record LogState
{
    public static LogState Empty { get; } = new();

    /// <summary>The number of the next entry.</summary>
    public long NextNumber { get; init; }

    /// <summary>SHA-256 of the last stored entry in hexadecimal; empty when there is none.</summary>
    public string TipSha256 { get; init; } = "";

    /// <summary>The latest time that any entry names: it never goes back, whatever the writers' clocks did.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Every backup ever added whose manifest was not erased, by its id.</summary>
    public ImmutableDictionary<string, BackupRecord> Backups { get; init; } = ImmutableDictionary<string, BackupRecord>.Empty;

    /// <summary>Every name ever erased. Names never come back.</summary>
    public ImmutableHashSet<string> Erased { get; init; } = [];

    public ImmutableHashSet<string> Condemned { get; init; } = [];

    public ImmutableHashSet<string> KnownBad { get; init; } = [];

    /// <summary>When each pack was last read whole and found good.</summary>
    public ImmutableDictionary<string, DateTimeOffset> VerifiedAt { get; init; } = ImmutableDictionary<string, DateTimeOffset>.Empty;

    /// <summary>When each pack was last said to belong to an upload under way.</summary>
    public ImmutableDictionary<string, DateTimeOffset> HeldAt { get; init; } = ImmutableDictionary<string, DateTimeOffset>.Empty;

    /// <summary>Lost entries that were passed over.</summary>
    public ImmutableList<SkipBody> Skipped { get; init; } = [];

    /// <summary>Lost entries were passed over, and what they may have held was not added again yet: nothing may be collected.</summary>
    public bool Recovering { get; init; }

    /// <summary>What this version would have to understand to write, and does not.</summary>
    public ImmutableList<string> UnknownForWriting { get; init; } = [];

    /// <summary>What this version would have to understand to collect, and does not.</summary>
    public ImmutableList<string> UnknownForCollecting { get; init; } = [];

    /// <summary>
    /// Why the fold could not go on after the entries folded here: damage, or an entry that needs a newer version. Null when it reached the tip.
    /// </summary>
    public SegvaultException? Obstacle { get; init; }

    /// <summary>Live backups, in the order in which they were first added: one that was removed and added again has its old place.</summary>
    public IEnumerable<AddBody> Live => LiveRecords.Select(record => record.Add);

    /// <summary>The same with what the log has said of each since.</summary>
    public IEnumerable<BackupRecord> LiveRecords => Order.Values.Select(id => Backups[id]);

    /// <summary>Backups that were removed and can still be added again.</summary>
    public IEnumerable<BackupRecord> Removed => Backups.Values.Where(record => record.RemovedAt is not null);

    private ImmutableSortedDictionary<(long Place, long Number), string> Order { get; init; } = ImmutableSortedDictionary<(long Place, long Number), string>.Empty;

    /// <summary>True when an entry is lost and was passed over.</summary>
    public bool HasSkipped(long number) => Skipped.Exists(lost => lost.First <= number && number <= lost.Last);

    public AddBody? FindLive(BackupId backup) => Backups.GetValueOrDefault(backup.ToString()) is { RemovedAt: null } record ? record.Add : null;

    /// <summary>The newest live backup of an index.</summary>
    public AddBody? NewestOf(string name) => Live.LastOrDefault(add => add.Name == name);

    /// <summary>True when new backups may refer to a pack that is in the store.</summary>
    public bool MayRelyOn(ObjectId pack)
    {
        var name = PackFormat.NameOf(pack);
        return !Erased.Contains(name) && !Condemned.Contains(name) && !KnownBad.Contains(name);
    }

    public LogState Apply(LogEntry entry, string sha256)
    {
        var next = this with
        {
            NextNumber = entry.Number + 1,
            TipSha256 = sha256,
            Time = entry.Time > Time ? entry.Time : Time,
            UnknownForWriting = UnknownForWriting.AddRange(entry.Requires?.Write ?? []),
            UnknownForCollecting = UnknownForCollecting.AddRange(entry.Requires?.Collect ?? []),
        };
        return entry switch
        {
            { Kind: LogKind.Add, Add: { } add } => next.WithAdded(add, entry.Number),
            { Kind: LogKind.Remove, Remove: { } remove } => remove.Names.Aggregate(next, (state, name) => state.WithRemoved(name)),
            { Kind: LogKind.Condemn, Condemn: { } condemn } => next with { Condemned = Condemned.Union(condemn.Names) },
            { Kind: LogKind.Erase, Erase: { } erase } => next.WithErased(erase.Names),
            { Kind: LogKind.Verified, Verified: { } verified } => next.WithVerified(verified),
            { Kind: LogKind.Holding, Holding: { } holding } => next with { HeldAt = HeldAt.SetItems(holding.Names.Select(name => KeyValuePair.Create(name, next.Time))) },
            { Kind: LogKind.Confirmed, Confirmed: { } confirmed } => confirmed.Names.Aggregate(next, (state, name) => state.With(name, record => record with { Confirmed = true })),
            { Kind: LogKind.Unchanged, Unchanged: { } unchanged } => next.With(unchanged.Backup, record => record.SeenAgain(unchanged.PinnedAt)),
            { Kind: LogKind.Skip, Skip: { Recovered: true } } => next with { Recovering = false },
            _ => next,
        };
    }

    /// <summary>
    /// The state after entries that are lost. What they said is not known: objects that were condemned before may have been erased in them.
    /// </summary>
    public LogState PassOver(SkipBody lost) =>
        WithErased(Condemned) with { NextNumber = lost.Last + 1, TipSha256 = lost.Previous, Skipped = Skipped.Add(lost), Recovering = true };

    /// <summary>The same state with these backups, as a checkpoint has them.</summary>
    public LogState WithBackups(IEnumerable<BackupRecord> records)
    {
        var all = records.ToList();
        return this with
        {
            Backups = all.ToImmutableDictionary(record => record.Add.Backup),
            Order = all.Where(record => record.RemovedAt is null).ToImmutableSortedDictionary(record => record.Key, record => record.Add.Backup),
        };
    }

    /// <summary>Refuses to write on a log that is damaged or says more than this version understands.</summary>
    public void EnsureWritable(string location)
    {
        if (Obstacle is not null)
            throw Obstacle;
        EnsureUnderstood(UnknownForWriting, "writers", location);
    }

    /// <summary>Refuses to erase anything in addition to that.</summary>
    public void EnsureCollectable(string location)
    {
        EnsureWritable(location);
        EnsureUnderstood(UnknownForCollecting, "collectors", location);
    }

    private static void EnsureUnderstood(ImmutableList<string> unknown, string who, string location)
    {
        if (!unknown.IsEmpty)
        {
            throw new UnsupportedFormatException(
                $"The repository at {location} asks its {who} to understand {string.Join(", ", unknown.Distinct())}, which this version does not.");
        }
    }

    private LogState WithAdded(AddBody add, long number)
    {
        var state = add.Replaces is { } replaced ? WithRemoved(replaced) : this;
        var old = add.Replaces is { } original ? Backups.GetValueOrDefault(original) : null;
        var record = Backups.GetValueOrDefault(add.Backup) is { } known
            ? known with { Add = add, RemovedAt = null, RemovedIn = null }
            : new BackupRecord(add, old?.Place ?? add.Place ?? number, number, old?.AddedAt ?? AddedAt(add)) { Confirmed = old?.Confirmed ?? false, UnchangedAt = old?.UnchangedAt };
        return state with { Backups = state.Backups.SetItem(add.Backup, record), Order = state.Order.SetItem(record.Key, add.Backup) };
    }

    /// <summary>When it was added first; when the entry that said so is lost, the snapshot's time is the best that is known.</summary>
    private DateTimeOffset AddedAt(AddBody add) => add.Place is not null && add.PinnedAt < Time ? add.PinnedAt : Time;

    private LogState WithRemoved(string backup) => Backups.GetValueOrDefault(backup) is { RemovedAt: null } record
        ? this with { Backups = Backups.SetItem(backup, record with { RemovedAt = Time, RemovedIn = NextNumber - 1 }), Order = Order.Remove(record.Key) }
        : this;

    private LogState WithErased(IReadOnlyCollection<string> names)
    {
        var gone = names.Where(name => name.StartsWith(ManifestStore.Prefix, StringComparison.Ordinal)).Select(name => name[ManifestStore.Prefix.Length..]).ToList();
        return this with
        {
            Erased = Erased.Union(names),
            Condemned = Condemned.Except(names),
            KnownBad = KnownBad.Except(names),
            VerifiedAt = VerifiedAt.RemoveRange(names),
            HeldAt = HeldAt.RemoveRange(names),

            // A live backup whose manifest is erased is damage, and must not be forgotten.
            Backups = Backups.RemoveRange(gone.Where(id => Backups.GetValueOrDefault(id) is { RemovedAt: not null })),
        };
    }

    private LogState WithVerified(VerifiedBody verified)
    {
        var good = verified.Good ?? [];
        var state = this with
        {
            KnownBad = KnownBad.Except(good).Union(verified.Names),
            VerifiedAt = VerifiedAt.SetItems(good.Select(name => KeyValuePair.Create(name, Time))).RemoveRange(verified.Names),
        };
        return verified.Drill is { } drill ? state.With(drill.Backup, record => record with { Drill = drill, DrilledAt = Time }) : state;
    }

    private LogState With(string backup, Func<BackupRecord, BackupRecord> change) =>
        Backups.GetValueOrDefault(backup) is { } record ? this with { Backups = Backups.SetItem(backup, change(record)) } : this;
}

/// <summary>A backup, and what the log has said of it since it was added.</summary>
/// <param name="Add">What a list shows of it.</param>
/// <param name="Place">The number that gives it its place in the order.</param>
/// <param name="Number">The number of the entry that added it first.</param>
/// <param name="AddedAt">When that was; of a repaired copy, when the backup was added that it replaces.</param>
internal sealed record BackupRecord(AddBody Add, long Place, long Number, DateTimeOffset AddedAt)
{
    /// <summary>When it was removed; null while it is live.</summary>
    public DateTimeOffset? RemovedAt { get; init; }

    /// <summary>The number of the entry that removed it; null while it is live.</summary>
    public long? RemovedIn { get; init; }

    /// <summary>The verdict of its last drill.</summary>
    public DrillBody? Drill { get; init; }

    public DateTimeOffset? DrilledAt { get; init; }

    /// <summary>A person said that what it is flagged for is as it should be.</summary>
    public bool Confirmed { get; init; }

    /// <summary>When a later backup last found the index to hold just this state.</summary>
    public DateTimeOffset? UnchangedAt { get; init; }

    /// <summary>When the index is last known to have held this state.</summary>
    public DateTimeOffset SeenAt => UnchangedAt ?? Add.PinnedAt;

    /// <summary>A proof is as old as the state that was proven, or as the drill where the index has held that state since.</summary>
    public DateTimeOffset ProvenUntil => DrilledAt < SeenAt ? DrilledAt.Value : SeenAt;

    public (long Place, long Number) Key => (Place, Number);

    public BackupRecord SeenAgain(DateTimeOffset time) => time > SeenAt ? this with { UnchangedAt = time } : this;

    public BackupSummary ToSummary() => Add.ToSummary() with { Confirmed = Confirmed, UnchangedAt = UnchangedAt };
}
