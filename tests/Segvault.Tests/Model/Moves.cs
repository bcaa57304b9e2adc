using System.Globalization;

namespace Segvault.Tests.Model;

/// <summary>One state, and what can happen next in it.</summary>
internal sealed class Moves(ModelObjects objects, ModelLogs logs, ActorStates actors)
{
    private readonly List<Move> _found = [];
    private int _place = -1;
    private string _who = "";

    public ModelState State { get; private set; }

    public ModelLog Log { get; private set; } = logs.Empty;

    public IReadOnlyList<Move> Found => _found;

    public void Begin(in ModelState state)
    {
        State = state;
        Log = logs[state.Log];
        _found.Clear();
        _place = -1;
    }

    /// <summary>From now on the moves of this actor are added.</summary>
    public object Turn(int place, string who)
    {
        _place = place;
        _who = who;
        return actors[State.ActorAt(place)];
    }

    /// <summary>The actor is about something else now, and nothing else happened.</summary>
    public void Go(object next, string what, UInt128 objectsNamed = default) => Add(State, next, what, objectsNamed);

    /// <summary>The actor creates the entry of the next number.</summary>
    public ModelLog Append(ModelEntry entry, object next, string what)
    {
        var log = logs.Append(Log, entry);
        Add(State with { Log = log.Id, Network = 0 }, next, what, entry.Objects);
        return log;
    }

    public void Store(ModelObject made, object next, string what) => Add(State with { Objects = State.Objects | made.Bit }, next, what, made.Bit);

    public void Delete(UInt128 names, object next, string what) => Add(State with { Objects = State.Objects & ~names }, next, what, names);

    public void Add(ModelState state, object? next, string what, UInt128 objectsNamed)
    {
        if (next is not null)
            state = state.WithActor(_place, actors.NumberOf(next));
        _found.Add(new Move(state, _who, what, objectsNamed));
    }

    /// <summary>The sentence for a trace.</summary>
    public string Describe(Move move) => string.Create(
        CultureInfo.InvariantCulture, $"{move.Who} {move.What}{(move.Objects == 0 ? "" : $" [{objects.Describe(move.Objects)}]")}; the log has {logs[move.State.Log].Entries.Length} entries");
}

/// <summary>Something that can happen.</summary>
/// <param name="State">What is then.</param>
/// <param name="Who">Who does it.</param>
/// <param name="What">What, as a trace says it.</param>
/// <param name="Objects">The objects that it is about.</param>
internal readonly record struct Move(ModelState State, string Who, string What, UInt128 Objects);

/// <summary>Somebody whose steps a search puts in every order with everybody else's.</summary>
internal interface IActor
{
    /// <summary>What it is about before its first step.</summary>
    object Start { get; }

    string Name { get; }

    /// <summary>Adds every step that it can take.</summary>
    void Step(object about, Moves moves);
}
