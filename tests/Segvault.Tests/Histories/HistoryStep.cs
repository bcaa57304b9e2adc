using System.Collections.Immutable;

namespace Segvault.Tests.Histories;

/// <summary>What a client can do.</summary>
public enum Operation
{
    Change,
    BackUp,
    BackUpFull,
    Delete,
    Undelete,
    Prune,
    Collect,
    CollectWhatIsOld,
    Restore,
    Verify,
}

/// <summary>What goes wrong during a step.</summary>
public enum Mishap
{
    Nothing,

    /// <summary>An entry of the log arrives, and its reply does not.</summary>
    LostReply,

    /// <summary>An object other than an entry cannot be stored.</summary>
    FailedPut,
}

/// <summary>One step of one client.</summary>
/// <param name="Client">Who.</param>
/// <param name="What">What.</param>
/// <param name="Pick">Which backup, where there is a choice.</param>
/// <param name="Mishap">What goes wrong.</param>
public sealed record HistoryStep(int Client, Operation What, int Pick, Mishap Mishap)
{
    public override string ToString() => $"{Client}: {What}{(What is Operation.Delete or Operation.Undelete or Operation.Restore ? $" {Pick}" : "")}{(Mishap == Mishap.Nothing ? "" : $" ({Mishap})")}";
}

/// <summary>What all clients do, each its own steps one after another, and who goes on at each call of the store that others could notice.</summary>
public sealed record HistoryScript(ImmutableArray<HistoryStep> Steps, ImmutableArray<int> Turns)
{
    public override string ToString() => $"{string.Join("; ", Steps)}; turns {string.Concat(Turns)}";
}
