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

    /// <summary>Live backups, in the order in which they were added.</summary>
    public ImmutableList<AddBody> Live { get; init; } = [];

    /// <summary>Every name ever erased. Names never come back.</summary>
    public ImmutableHashSet<string> Erased { get; init; } = [];

    public ImmutableHashSet<string> Condemned { get; init; } = [];

    public ImmutableHashSet<string> KnownBad { get; init; } = [];

    /// <summary>What this version would have to understand to write, and does not.</summary>
    public ImmutableList<string> UnknownForWriting { get; init; } = [];

    /// <summary>What is wrong with the log after the entries folded here; null when nothing is.</summary>
    public DamageException? Damage { get; init; }

    public bool IsLive(BackupId backup) => Live.Exists(add => add.Id == backup);

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
            { Kind: LogKind.Add, Add: { } add } => next with { Live = Live.RemoveAll(other => other.Backup == add.Backup).Add(add) },
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
        if (Damage is not null)
            throw Damage;
        if (!UnknownForWriting.IsEmpty)
        {
            throw new UnsupportedFormatException(
                $"The repository at {location} asks its writers to understand {string.Join(", ", UnknownForWriting.Distinct())}, which this version does not.");
        }
    }
}
