namespace Segvault.Storage;

/// <summary>How much is tried. The defaults suit a store that answers within milliseconds; lower them where every request takes longer or is paid for.</summary>
public sealed record StoreConformanceOptions
{
    /// <summary>Enough to find most of what is wrong with a store, in a small part of the requests.</summary>
    public static StoreConformanceOptions Quick { get; } = new() { Rounds = 20, ListedObjects = 1_200, LargeObjectBytes = (16L << 20) + 12_345 };

    /// <summary>How often writers race for a name.</summary>
    public int Rounds { get; init => field = Positive(value); } = 400;

    /// <summary>How many objects are listed.</summary>
    public int ListedObjects { get; init => field = Positive(value); } = 10_000;

    /// <summary>How many bytes the large object has. Stores that upload in parts should be given several.</summary>
    public long LargeObjectBytes { get; init => field = Positive(value); } = (64L << 20) + 12_345;

    private static T Positive<T>(T value)
        where T : System.Numerics.INumber<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }
}
