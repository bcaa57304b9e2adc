namespace Segvault.Testing.Stores;

public enum StoreVerb
{
    Create,
    Write,
    Complete,
    Read,
    ReadRange,
    Length,
    List,
    Delete,
    Adopt,
    Barrier,
}

/// <summary>One call of a store.</summary>
/// <param name="Number">How many calls came before it.</param>
/// <param name="Verb">What was called.</param>
/// <param name="Name">The object or prefix; empty for a barrier.</param>
internal readonly record struct StoreCall(int Number, StoreVerb Verb, string Name)
{
    public bool IsLog => Name.StartsWith("log/", StringComparison.Ordinal);

    /// <summary>True when this call can give a log entry its name.</summary>
    public bool IsCommit => Verb == StoreVerb.Complete && IsLog;
}

/// <summary>What a test makes of a call.</summary>
public enum Fault
{
    None,

    /// <summary>The call fails and has done nothing.</summary>
    FailBefore,

    /// <summary>The call does its work and then fails: the reply was lost.</summary>
    FailAfter,
}
