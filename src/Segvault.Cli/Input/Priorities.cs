namespace Segvault.Cli.Input;

/// <summary>Whether others go first, by the names that users type.</summary>
internal static class Priorities
{
    /// <summary>True when others do.</summary>
    /// <exception cref="UsageException">There is none of this name.</exception>
    public static bool IsLow(string? text, string option) => text switch
    {
        null or "low" => true,
        "normal" => false,
        _ => throw new UsageException($"{option}: there is no '{text}'.", "Give low or normal."),
    };
}
