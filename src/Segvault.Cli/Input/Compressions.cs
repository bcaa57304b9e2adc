namespace Segvault.Cli.Input;

/// <summary>How hard a backup compresses, by the names that users type.</summary>
internal static class Compressions
{
    /// <exception cref="UsageException">There is none of this name.</exception>
    public static BackupCompression Parse(string? text, string option) => text switch
    {
        null or "auto" => BackupCompression.Auto,
        "fast" => BackupCompression.Fast,
        "max" => BackupCompression.Max,
        _ => throw new UsageException($"{option}: there is no '{text}'.", "Give auto, fast or max."),
    };
}
