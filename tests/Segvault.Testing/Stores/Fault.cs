namespace Segvault.Testing.Stores;

/// <summary>What becomes of a call.</summary>
public enum Fault
{
    None,

    /// <summary>The call fails and has done nothing.</summary>
    FailBefore,

    /// <summary>The call does its work and then fails: the reply was lost.</summary>
    FailAfter,

    /// <summary>The client dies, and the call with it: every later one fails, and what it was uploading is lost.</summary>
    Crash,

    /// <summary>The client dies, but the call was on its way and is done.</summary>
    CrashAfter,

    /// <summary>The client dies, and what it was completing becomes visible when <see cref="FaultyObjectStore.LandAsync"/> is called, long after.</summary>
    CrashAndLandLater,

    /// <summary>The disk is full.</summary>
    DiskFull,

    /// <summary>The call is made twice, as by something between that repeats requests; what the second one says is returned.</summary>
    Duplicate,

    /// <summary>Others that come after overtake it.</summary>
    Delay,

    /// <summary>The object becomes visible without its last bytes, and the store says that all is well.</summary>
    Shorten,

    /// <summary>What is read has a bit flipped.</summary>
    FlipRead,

    /// <summary>What is read lacks its last bytes.</summary>
    ShortRead,
}
