namespace Segvault.IO;

/// <summary>Renames that are one step for everybody who looks.</summary>
internal static class AtomicRename
{
    /// <summary>Moves a file or directory to a name that must not exist; false when it does. Exactly one of several racing callers gets true.</summary>
    public static bool TryMoveIfAbsent(string source, string destination) => throw new NotSupportedException("stub");

    /// <summary>Moves a file over another one, or to a new name.</summary>
    public static void Replace(string source, string destination) => throw new NotSupportedException("stub");

    /// <summary>Lets two existing names change places; false when this file system or operating system cannot.</summary>
    public static bool TryExchange(string first, string second) => throw new NotSupportedException("stub");

    /// <summary>True when the file system that holds a directory can exchange names (tried out with two temporary directories in it).</summary>
    public static bool CanExchangeIn(string directory) => throw new NotSupportedException("stub");
}
