using System.Collections.Immutable;
using System.Globalization;
using Segvault.Repositories;

namespace Segvault.Tests.Model;

/// <summary>An entry of the log, told by kind and content.</summary>
/// <param name="Kind">One of <see cref="LogKind"/>.</param>
/// <param name="Objects">The manifest added or removed, or the objects named.</param>
/// <param name="Number">Of a Skip the entry that is lost, of the second one its complement; of others what tells their writers apart.</param>
internal readonly record struct ModelEntry(string Kind, UInt128 Objects = default, int Number = 0)
{
    public LogEntry ToEntry(long number, ModelObjects objects)
    {
        var isRemoval = Kind == LogKind.Remove;
        var names = new NamesBody { Names = [.. objects.In(Objects).Select(named => isRemoval ? named.Backup.ToString() : named.Name)] };
        return LogEntry.Draft(Kind) with
        {
            Number = number,
            Time = DateTimeOffset.UnixEpoch,
            Add = Kind == LogKind.Add ? objects.In(Objects).Single().Add : null,
            Remove = isRemoval ? names : null,
            Condemn = Kind == LogKind.Condemn ? names : null,
            Erase = Kind == LogKind.Erase ? names : null,
            Holding = Kind == LogKind.Holding ? names : null,
            Skip = Kind == LogKind.Skip ? new SkipBody { First = Math.Max(Number, ~Number), Last = Math.Max(Number, ~Number), Previous = "", Recovered = Number < 0 } : null,
        };
    }
}

/// <summary>One content of the log.</summary>
/// <param name="Id">Tells it from every other.</param>
/// <param name="Entries">Its entries, lost ones too.</param>
/// <param name="Lost">The number of the lost entry; −1 when none is.</param>
/// <param name="Folded">What clients know.</param>
/// <param name="Live">Manifests of the backups that were added and not removed, whatever got lost.</param>
/// <param name="Erased">Objects that were ever erased, whatever got lost: these may disappear.</param>
internal sealed record ModelLog(int Id, ImmutableArray<ModelEntry> Entries, int Lost, LogState Folded, UInt128 Live, UInt128 Erased)
{
    /// <summary>An entry is missing, and no later one says so yet: nothing can be appended.</summary>
    public bool IsBroken => Folded.Obstacle is not null;

    public int Parent { get; init; }
}

/// <summary>How a client came to know the log: a content of it, and the checkpoint that it began at; 0 when it read everything.</summary>
internal readonly record struct Sight(int Log, int Checkpoint = 0);

/// <summary>Every content of the log that a search meets. The product's own fold says what each means.</summary>
internal sealed class ModelLogs(ModelObjects objects, ModelScope scope)
{
    private static readonly DamageException Missing = new(ErrorCode.RepositoryDamaged, "log", "An entry is missing.", "");

    private readonly List<ModelLog> _all = [new(0, [], -1, LogState.Empty, 0, 0)];
    private readonly Dictionary<(int Log, ModelEntry Entry), ModelLog> _appended = [];
    private readonly Dictionary<(int Log, int Lost), ModelLog> _lost = [];
    private readonly Dictionary<Sight, LogState> _views = [];

    public ModelLog this[int id] => _all[id];

    public ModelLog Empty => _all[0];

    /// <summary>Puts an entry at the first number that is free for a client.</summary>
    public ModelLog Append(ModelLog log, ModelEntry entry)
    {
        if (_appended.TryGetValue((log.Id, entry), out var known))
            return known;

        // Only without the rule that the chain has no holes is one filled.
        var fills = log.IsBroken && entry.Kind != LogKind.Skip;
        var entries = fills ? log.Entries.SetItem(log.Lost, entry) : log.Entries.Add(entry);
        var lost = fills ? -1 : log.Lost;
        var folded = lost < 0 && !fills ? log.Folded.Apply(entry.ToEntry(log.Entries.Length, objects), Hash(log.Entries.Length)) : Fold(entries, lost);
        var live = entry.Kind switch { LogKind.Add => log.Live | entry.Objects, LogKind.Remove => log.Live & ~entry.Objects, _ => log.Live };
        var made = new ModelLog(_all.Count, entries, lost, folded, live, entry.Kind == LogKind.Erase ? log.Erased | entry.Objects : log.Erased) { Parent = log.Id };
        return _appended[(log.Id, entry)] = Keep(made);
    }

    /// <summary>The same with one entry lost, of which the later ones tell.</summary>
    public ModelLog Lose(ModelLog log, int number)
    {
        if (!_lost.TryGetValue((log.Id, number), out var made))
            _lost[(log.Id, number)] = made = Keep(log with { Id = _all.Count, Lost = number, Folded = Fold(log.Entries, number), Parent = log.Id });
        return made;
    }

    /// <summary>The same without its newest entry, of which nothing tells.</summary>
    public ModelLog LoseTip(ModelLog log)
    {
        if (!_lost.TryGetValue((log.Id, log.Entries.Length - 1), out var made))
            _lost[(log.Id, log.Entries.Length - 1)] = made = Keep(_all[log.Parent] with { Id = _all.Count, Erased = log.Erased, Parent = log.Id });
        return made;
    }

    /// <summary>What a client knows that begins at a checkpoint of an earlier content.</summary>
    public LogState View(Sight sight)
    {
        var log = _all[sight.Log];
        if (sight.Checkpoint == 0)
            return log.Folded;
        if (_views.TryGetValue(sight, out var view))
            return view;
        view = Checkpointed(_all[sight.Checkpoint].Folded);
        for (var number = _all[sight.Checkpoint].Entries.Length; number < log.Entries.Length; number++)
            view = view.Apply(log.Entries[number].ToEntry(number, objects), Hash(number));
        return _views[sight] = view;
    }

    /// <summary>True when one content came out of another by appending to it.</summary>
    public bool Includes(ModelLog log, int earlier)
    {
        var wanted = _all[earlier];
        while (log.Id != earlier && log.Entries.Length > wanted.Entries.Length)
            log = _all[log.Parent];
        return log.Id == earlier;
    }

    private ModelLog Keep(ModelLog made)
    {
        _all.Add(made);
        return made;
    }

    private LogState Checkpointed(LogState state)
    {
        var read = Checkpoint.Of(state).ToState();
        if (!scope.Keeps(Rule.CheckpointsKeepErasedNames))
            read = read with { Erased = [] };
        return scope.WrongCheckpoints ? read.WithBackups(read.Backups.Values.OrderBy(record => record.Key).Where((_, place) => place != 1)) : read;
    }

    private LogState Fold(ImmutableArray<ModelEntry> entries, int lost)
    {
        var state = LogState.Empty;
        var bridge = lost < 0 ? -1 : entries.ToList().FindIndex(entry => entry.Kind == LogKind.Skip);
        for (var number = 0; number < entries.Length; number++)
        {
            if (number != lost)
                state = state.Apply(entries[number].ToEntry(number, objects), Hash(number));
            else if (bridge < 0)
                return state with { Obstacle = Missing };
            else
                state = PassOver(state, entries[bridge].ToEntry(bridge, objects).Skip! with { Previous = Hash(number), Recovered = false });
        }

        return state;
    }

    private LogState PassOver(LogState state, SkipBody skip)
    {
        var passed = state.PassOver(skip);
        return scope.Keeps(Rule.CondemnedCountsAsErasedAfterALoss) ? passed : passed with { Erased = state.Erased, Condemned = state.Condemned };
    }

    private static string Hash(int number) => number.ToString(CultureInfo.InvariantCulture);
}
