using System.Text.Json.Serialization;

namespace Segvault.Repositories;

/// <summary>
/// One entry of the transaction log, as its JSON body has it. Exactly one of the members after <see cref="Signature"/> is there, the one that
/// <see cref="Kind"/> names. Kinds without a member here are reserved for later versions.
/// </summary>
internal sealed record LogEntry
{
    public required string Kind { get; init; }

    public required long Number { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>Host and process that wrote the entry, for people.</summary>
    public required string Writer { get; init; }

    /// <summary>128 random bits: tells one's own entry from somebody else's when a reply was lost.</summary>
    public required string Random { get; init; }

    /// <summary>SHA-256 of the stored entry before this one; empty for entry 0.</summary>
    public required string Previous { get; init; }

    /// <summary>What a client must understand to read, write or collect from here on.</summary>
    public LogRequirements? Requires { get; init; }

    /// <summary>Reserved: the role under which the entry was written.</summary>
    public string? Role { get; init; }

    /// <summary>Reserved: a signature.</summary>
    public string? Signature { get; init; }

    public AddBody? Add { get; init; }

    public NamesBody? Remove { get; init; }

    public NamesBody? Condemn { get; init; }

    public NamesBody? Erase { get; init; }

    public VerifiedBody? Verified { get; init; }

    public NamesBody? Holding { get; init; }

    public NamesBody? Confirmed { get; init; }

    public UnchangedBody? Unchanged { get; init; }

    public SkipBody? Skip { get; init; }

    /// <summary>An entry that is still to be given its number, time and place in the chain: <see cref="TransactionLog.AppendAsync"/> does that.</summary>
    public static LogEntry Draft(string kind) => new() { Kind = kind, Number = 0, Time = default, Writer = "", Random = "", Previous = "" };

    /// <summary>False when the member that the kind names is absent or says nothing: ignoring such an entry would forget a backup.</summary>
    [JsonIgnore]
    public bool IsWellFormed => Kind switch
    {
        LogKind.Add => Add is { IsWellFormed: true },
        LogKind.Remove => Remove is { IsWellFormed: true },
        LogKind.Condemn => Condemn is { IsWellFormed: true },
        LogKind.Erase => Erase is { IsWellFormed: true },
        LogKind.Verified => Verified is { IsWellFormed: true },
        LogKind.Holding => Holding is { IsWellFormed: true },
        LogKind.Confirmed => Confirmed is { IsWellFormed: true },
        LogKind.Unchanged => Unchanged is not null,
        LogKind.Skip => Skip is not null && Skip.First >= 0 && Skip.First <= Skip.Last && Skip.Last < Number,
        _ => true,
    };
}

/// <summary>The kinds of log entries. Their names are part of the format.</summary>
internal static class LogKind
{
    /// <summary>A backup is there (again).</summary>
    public const string Add = "Add";

    /// <summary>Backups are no longer wanted.</summary>
    public const string Remove = "Remove";

    /// <summary>Objects that no live backup reaches.</summary>
    public const string Condemn = "Condemn";

    /// <summary>Objects that may be deleted physically.</summary>
    public const string Erase = "Erase";

    /// <summary>Results of a verification or a drill.</summary>
    public const string Verified = "Verified";

    /// <summary>Nothing: takes a number so that nobody else's entry can land on it.</summary>
    public const string Nop = "Nop";

    /// <summary>Packs of an upload under way: a courtesy to it, and to whoever continues it.</summary>
    public const string Holding = "Holding";

    /// <summary>Backups that were flagged, and that a person says are as they should be.</summary>
    public const string Confirmed = "Confirmed";

    /// <summary>The index still holds the state of its newest backup.</summary>
    public const string Unchanged = "Unchanged";

    /// <summary>Reserved: keys added and removed.</summary>
    public const string Key = "Key";

    /// <summary>Reserved: something that clients must understand from here on.</summary>
    public const string Feature = "Feature";

    /// <summary>Bridges entries that are lost.</summary>
    public const string Skip = "Skip";
}

/// <summary>Names of features; one that a client does not know forbids it what the list is for.</summary>
internal sealed record LogRequirements
{
    public string[] Read { get; init; } = [];

    public string[] Write { get; init; } = [];

    public string[] Collect { get; init; } = [];
}

/// <summary>Object names, such as <c>packs/…</c>, or backup ids.</summary>
internal sealed record NamesBody
{
    /// <summary>As many names as one entry has at most: a bound on what a reader has to take at once.</summary>
    public const int Most = 4096;

    public required string[] Names { get; init; }

    [JsonIgnore]
    public bool IsWellFormed => !Names.Contains(null);
}

/// <summary>What a verification or a drill found out. The latest word on a pack or a backup counts.</summary>
internal sealed record VerifiedBody
{
    /// <summary>Packs known to be bad, by their names in the store.</summary>
    public required string[] Names { get; init; }

    /// <summary>Packs of which every byte was read and is good.</summary>
    public string[]? Good { get; init; }

    public DrillBody? Drill { get; init; }

    [JsonIgnore]
    public bool IsWellFormed => !Names.Contains(null) && Good?.Contains(null) != true && (Drill is null || Drill.IsWellFormed);
}

/// <summary>The verdict of a drill.</summary>
internal sealed record DrillBody
{
    public required string Backup { get; init; }

    public required bool Passed { get; init; }

    /// <summary>Whether the engine itself opened the index, or only Segvault's checks ran.</summary>
    public bool Engine { get; init; }

    public required long Documents { get; init; }

    public double Seconds { get; init; }

    /// <summary>False for what JSON can say and not be told again, such as a number without end.</summary>
    [JsonIgnore]
    public bool IsWellFormed => double.IsFinite(Seconds);

    /// <summary>What was wrong; absent when nothing was.</summary>
    public string[]? Problems { get; init; }
}

/// <summary>A later snapshot of an index that held just what one of its backups holds.</summary>
internal sealed record UnchangedBody
{
    public required string Backup { get; init; }

    /// <summary>When that snapshot was pinned.</summary>
    public required DateTimeOffset PinnedAt { get; init; }
}

/// <summary>
/// Entries <see cref="First"/> to <see cref="Last"/> are lost, and whoever folds passes over them, even if one should turn up again. Until a second
/// entry says that what they may have held was added again, nothing is collected.
/// </summary>
internal sealed record SkipBody
{
    public required long First { get; init; }

    public required long Last { get; init; }

    /// <summary>What the entry after <see cref="Last"/> names as the hash of the one before it.</summary>
    public required string Previous { get; init; }

    /// <summary>True in the second entry: the backups found in the store were added again.</summary>
    public bool Recovered { get; init; }
}

/// <summary>A backup, with everything that a list shows of it.</summary>
internal sealed record AddBody
{
    public required string Backup { get; init; }

    public required string Manifest { get; init; }

    public required string ManifestSha256 { get; init; }

    public required long ManifestLength { get; init; }

    public required BackupType Type { get; init; }

    public string? Base { get; init; }

    public required DateTimeOffset PinnedAt { get; init; }

    public required string Name { get; init; }

    public required string Host { get; init; }

    public required string Path { get; init; }

    public required string Engine { get; init; }

    public required long Documents { get; init; }

    public required int Segments { get; init; }

    public required int Files { get; init; }

    public required long Bytes { get; init; }

    public required long BytesStored { get; init; }

    public string? Note { get; init; }

    public SortedDictionary<string, string>? Labels { get; init; }

    public string[]? Flags { get; init; }

    /// <summary>Ids of the segments that this backup stored and the ones before it did not.</summary>
    public string[]? NewSegments { get; init; }

    /// <summary>The backup that this one is a repaired copy of: it takes that one's place in the order, and that one is removed.</summary>
    public string? Replaces { get; init; }

    /// <summary>The ids that this backup had before it was repaired, the first one first. By each of them it is found.</summary>
    public string[]? FormerIds { get; init; }

    /// <summary>Of a backup whose first entry is lost: the number that gives it its place in the order.</summary>
    public long? Place { get; init; }

    [JsonIgnore]
    public BackupId Id => BackupId.Parse(Backup);

    /// <summary>False when something in it is not what it is read as everywhere, such as an id that is none.</summary>
    [JsonIgnore]
    public bool IsWellFormed =>
        BackupId.TryParse(Backup, null, out var id) && Manifest == ManifestStore.NameOf(id)
        && new[] { Base, Replaces }.Concat(FormerIds ?? []).All(other => other is null || BackupId.TryParse(other, null, out _))
        && FormerIds?.Contains(null) != true && Flags?.Contains(null) != true && NewSegments?.Contains(null) != true && Labels?.ContainsValue(null!) != true;

    public BackupSummary ToSummary() => new()
    {
        Id = Id,
        Type = Type,
        Base = Base is null ? null : BackupId.Parse(Base),
        Time = PinnedAt,
        Name = Name,
        Host = Host,
        Path = Path,
        Engine = Engine,
        Documents = Documents,
        Segments = Segments,
        Files = Files,
        Bytes = Bytes,
        BytesStored = BytesStored,
        Note = Note,
        Labels = LabelSet.From(Labels),
        Flags = Flags is null ? [] : [.. Flags],
        FormerIds = FormerIds is null ? [] : [.. FormerIds.Select(BackupId.Parse)],
    };
}
