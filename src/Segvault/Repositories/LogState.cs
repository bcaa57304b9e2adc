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

    /// <summary>Live backups, in the order in which they were first added: one that was removed and added again has its old place.</summary>
    public ImmutableList<AddBody> Live { get; init; } = [];

    /// <summary>For every backup ever added, the number of the entry that did so first.</summary>
    public ImmutableDictionary<string, long> FirstAdded { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>Every name ever erased. Names never come back.</summary>
    public ImmutableHashSet<string> Erased { get; init; } = [];

    public ImmutableHashSet<string> Condemned { get; init; } = [];

    public ImmutableHashSet<string> KnownBad { get; init; } = [];

    /// <summary>What this version would have to understand to write, and does not.</summary>
    public ImmutableList<string> UnknownForWriting { get; init; } = [];

    /// <summary>
    /// Why the fold could not go on after the entries folded here: damage, or an entry that needs a newer version. Null when it reached the tip.
    /// </summary>
    public SegvaultException? Obstacle { get; init; }

    public AddBody? FindLive(BackupId backup) => Live.Find(add => add.Id == backup);

    /// <summary>The newest live backup of an index.</summary>
    public AddBody? NewestOf(string name) => Live.FindLast(add => add.Name == name);

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
            UnknownForWriting = UnknownForWriting.AddRange(entry.Requires?.Write ?? []),
        };
        return entry switch
        {
            { Kind: LogKind.Add, Add: { } add } => next.WithLive(add, entry.Number),
            { Kind: LogKind.Remove, Remove: { } remove } => next with { Live = Live.RemoveAll(add => remove.Names.Contains(add.Backup)) },
            { Kind: LogKind.Condemn, Condemn: { } condemn } => next with { Condemned = Condemned.Union(condemn.Names) },
            { Kind: LogKind.Erase, Erase: { } erase } => next with { Erased = Erased.Union(erase.Names), Condemned = Condemned.Except(erase.Names) },
            { Kind: LogKind.Verified, Verified: { } verified } => next with { KnownBad = KnownBad.Union(verified.Names) },
            _ => next,
        };
    }

    /// <summary>Refuses to write on a log that is damaged or says more than this version understands.</summary>
    public void EnsureWritable(string location)
    {
        if (Obstacle is not null)
            throw Obstacle;
        if (!UnknownForWriting.IsEmpty)
        {
            throw new UnsupportedFormatException(
                $"The repository at {location} asks its writers to understand {string.Join(", ", UnknownForWriting.Distinct())}, which this version does not.");
        }
    }

    private LogState WithLive(AddBody add, long number)
    {
        var firstAdded = FirstAdded.ContainsKey(add.Backup) ? FirstAdded : FirstAdded.Add(add.Backup, number);
        var others = Live.RemoveAll(other => other.Backup == add.Backup);
        var place = others.FindLastIndex(other => firstAdded[other.Backup] < firstAdded[add.Backup]) + 1;
        return this with { FirstAdded = firstAdded, Live = others.Insert(place, add) };
    }
}
