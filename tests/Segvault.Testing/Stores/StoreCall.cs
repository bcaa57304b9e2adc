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

    public bool IsCheckpoint => Name.StartsWith("checkpoints/", StringComparison.Ordinal);

    /// <summary>True when this call can give a log entry its name.</summary>
    public bool IsCommit => Verb == StoreVerb.Complete && IsLog;

    /// <summary>True when a fault of this kind can happen to this call.</summary>
    public bool Admits(Fault fault) => fault switch
    {
        Fault.None => false,
        Fault.Shorten or Fault.CrashAndLandLater => Verb == StoreVerb.Complete,
        Fault.FlipRead or Fault.ShortRead => Verb is StoreVerb.Read or StoreVerb.ReadRange,
        Fault.DiskFull => Verb is StoreVerb.Create or StoreVerb.Write or StoreVerb.Complete,
        Fault.Duplicate => Verb is not (StoreVerb.Write or StoreVerb.List),
        _ => true,
    };
}
