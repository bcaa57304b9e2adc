namespace Segvault.Tests.Model;

/// <summary>What takes part in a search. Every actor may also stop for ever after any of its steps, as whoever is not chosen any more does.</summary>
internal sealed record ModelScope
{
    /// <summary>What each writer's index holds, a bit for each chunk. All that earlier backups have is the chunks 1 and 2.</summary>
    public int[] Writers { get; init; } = [];

    /// <summary>How often a writer decides anew when something it needs was erased.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Somebody removes the first backup.</summary>
    public bool Remove { get; init; }

    /// <summary>And brings it back.</summary>
    public bool Undelete { get; init; }

    public int Collectors { get; init; }

    /// <summary>Collections are run with a grace of a day, by clocks that are right or two days ahead, instead of with none.</summary>
    public bool Grace { get; init; }

    /// <summary>The reply to an Add may get lost, and the entry appear at once, later, or never.</summary>
    public bool LostReplies { get; init; }

    /// <summary>Writers take over packs that nothing refers to.</summary>
    public bool Resume { get; init; }

    /// <summary>Writers say in the log which packs they have written.</summary>
    public bool Holding { get; init; }

    /// <summary>A checkpoint may be written at any time, and from then on is what clients begin at.</summary>
    public bool Checkpoints { get; init; }

    /// <summary>The checkpoint lacks a live backup.</summary>
    public bool WrongCheckpoints { get; init; }

    /// <summary>One entry of the log may get lost, and somebody repairs that.</summary>
    public bool Loss { get; init; }

    /// <summary>The newest entry may get lost while nobody writes, so that nothing tells of it.</summary>
    public bool LostTip { get; init; }

    /// <summary>Somebody asks whether the first backup still is what an index holds.</summary>
    public bool Unchanged { get; init; }

    /// <summary>Erased objects are deleted one by one in any order, instead of all at once at any time.</summary>
    public bool SingleDeletes { get; init; }

    public Rule Dropped { get; init; }

    public bool Keeps(Rule rule) => Dropped != rule;
}
