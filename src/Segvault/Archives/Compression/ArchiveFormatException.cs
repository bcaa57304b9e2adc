namespace Segvault.Archives.Compression;

/// <summary>An archive's bytes are not what they must be.</summary>
/// <param name="problem">The end of a sentence that begins with the archive's name: "ends in the middle of a gzip member".</param>
/// <param name="inner">What a codec said, if it was a codec that found out.</param>
internal sealed class ArchiveFormatException(string problem, Exception? inner = null) : Exception(problem, inner);
