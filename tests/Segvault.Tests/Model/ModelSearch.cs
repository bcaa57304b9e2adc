using Segvault.Repositories;

namespace Segvault.Tests.Model;

/// <summary>Goes through every state that a scope can reach, nearest first, so that the first violation has a shortest history.</summary>
internal sealed class ModelSearch
{
    private readonly ModelObjects _objects = new();
    private readonly ActorStates _about = new();
    private readonly ModelLogs _logs;
    private readonly List<IActor> _actors = [];
    private readonly Moves _moves;
    private readonly ModelInvariant _invariant;
    private readonly Dictionary<ModelState, int> _seen = [];
    private readonly List<(ModelState State, int Parent)> _states = [];

    private ModelSearch(ModelScope scope)
    {
        _logs = new ModelLogs(_objects, scope);
        _moves = new Moves(_objects, _logs, _about);

        // Two backups that share a pack: the first one needs both chunks, the second one only the first.
        var shared = _objects.Pack("the beginning", 0, 1);
        var own = _objects.Pack("the beginning", 0, 2);
        var first = _objects.Manifest("the beginning", 0, shared.Bit | own.Bit);
        var second = _objects.Manifest("the beginning", 1, shared.Bit);
        var log = _logs.Append(_logs.Append(_logs.Empty, new ModelEntry(LogKind.Add, first.Bit)), new ModelEntry(LogKind.Add, second.Bit));

        var rules = new WriterRules(_objects, _logs, scope);
        _actors.AddRange(scope.Writers.Select((wanted, i) => new Writer($"writer {i + 1}", wanted, _objects, _logs, rules, scope)));
        if (scope.Remove)
            _actors.Add(new Remover(first, _objects, _logs, scope));
        _actors.AddRange(Enumerable.Range(1, scope.Collectors).Select(i => new Collector($"collector {i}", _objects, _logs, scope)));
        if (scope.Loss)
            _actors.Add(new Repairer(_objects, scope));
        if (scope.Unchanged)
            _actors.Add(new Asker(first, _objects, _logs, scope));
        _actors.Add(new World(_objects, _logs, scope) { IsIdle = IsIdle });

        var start = new ModelState(log.Id, shared.Bit | own.Bit | first.Bit | second.Bit, 0, 0, 0);
        for (var place = 0; place < _actors.Count; place++)
            start = start.WithActor(place, _about.NumberOf(_actors[place].Start));
        _invariant = new ModelInvariant(_objects, _logs, _about, _actors.Count);
        See(start, -1);
    }

    /// <summary>Searches at most so many states.</summary>
    public static ModelResult Run(ModelScope scope, int most) => new ModelSearch(scope).Run(most);

    private ModelResult Run(int most)
    {
        for (var next = 0; next < _states.Count; next++)
        {
            var state = _states[next].State;
            if (_invariant.FindViolation(state) is { } violation)
                return new ModelResult(next + 1, violation, Trace(next), false);
            if (next == most)
                return new ModelResult(next, null, [], false);
            Expand(state);
            foreach (var move in _moves.Found)
                See(move.State, next);
        }

        return new ModelResult(_states.Count, null, [], true);
    }

    private void Expand(in ModelState state)
    {
        _moves.Begin(state);
        for (var place = 0; place < _actors.Count; place++)
            _actors[place].Step(_moves.Turn(place, _actors[place].Name), _moves);
    }

    private void See(in ModelState state, int parent)
    {
        if (_seen.TryAdd(state, _states.Count))
            _states.Add((state, parent));
    }

    private bool IsIdle(int actor) => _about[actor] is Outcome || _actors.Exists(other => other.Start.Equals(_about[actor]));

    private List<string> Trace(int end)
    {
        var steps = new List<string>();
        for (; _states[end].Parent >= 0; end = _states[end].Parent)
        {
            var state = _states[end].State;
            Expand(_states[_states[end].Parent].State);
            steps.Insert(0, _moves.Describe(_moves.Found.First(move => move.State == state)));
        }

        return steps;
    }
}

/// <summary>What a search found.</summary>
/// <param name="States">States looked at.</param>
/// <param name="Violation">What went wrong; null when nothing did.</param>
/// <param name="Trace">What led to it, step by step.</param>
/// <param name="IsComplete">True when there are no further states.</param>
internal sealed record ModelResult(int States, string? Violation, IReadOnlyList<string> Trace, bool IsComplete);
