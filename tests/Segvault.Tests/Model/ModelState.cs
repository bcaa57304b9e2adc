namespace Segvault.Tests.Model;

/// <summary>A moment of a history, small enough to keep millions of.</summary>
/// <param name="Log">What is in the log.</param>
/// <param name="Objects">The objects in the store.</param>
/// <param name="Actors">What each actor is about, 16 bits each.</param>
/// <param name="Network">Entries on their way to the next number: two contents of the log, 32 bits each.</param>
/// <param name="Checkpoint">The content of the log that the newest checkpoint is of; 0 when there is none.</param>
internal readonly record struct ModelState(int Log, UInt128 Objects, UInt128 Actors, ulong Network, int Checkpoint)
{
    private const int BitsOfAnActor = 16;

    /// <summary>What a client sees that folds the log now.</summary>
    public Sight Sight => new(Log, Checkpoint);

    public int ActorAt(int place) => (int)(Actors >> (place * BitsOfAnActor)) & 0xFFFF;

    public ModelState WithActor(int place, int actor)
    {
        var shift = place * BitsOfAnActor;
        return this with { Actors = (Actors & ~((UInt128)0xFFFF << shift)) | ((UInt128)actor << shift) };
    }

    public ModelState WithSent(int content) =>
        (uint)Network == content || (Network >> 32) == (uint)content ? this
        : Network == 0 ? this with { Network = (uint)content }
        : Network >> 32 == 0 ? this with { Network = Sorted((uint)Network, (uint)content) }
        : throw new InvalidOperationException("Three entries are on their way.");

    public IEnumerable<int> Sent()
    {
        if (Network != 0)
            yield return (int)(uint)Network;
        if (Network >> 32 != 0)
            yield return (int)(Network >> 32);
    }

    private static ulong Sorted(uint one, uint other) => one < other ? one | ((ulong)other << 32) : other | ((ulong)one << 32);
}

/// <summary>Numbers for what actors can be about.</summary>
internal sealed class ActorStates
{
    private readonly List<object> _all = [];
    private readonly Dictionary<object, int> _numbers = [];

    public object this[int number] => _all[number];

    public int NumberOf(object state)
    {
        if (_numbers.TryGetValue(state, out var known))
            return known;
        if (_all.Count > ushort.MaxValue)
            throw new InvalidOperationException("The scope has more states of actors than 16 bits tell apart.");
        _numbers.Add(state, _all.Count);
        _all.Add(state);
        return _all.Count - 1;
    }
}
