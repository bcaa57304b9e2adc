namespace Segvault;

/// <summary>A file of a backup whose bytes are lost.</summary>
/// <param name="Path">The path inside the index directory.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Problem">Why it cannot be had.</param>
public sealed record LostFile(string Path, long Length, string Problem);
